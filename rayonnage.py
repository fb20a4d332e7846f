"""The command line: parses arguments, calls the room that does the work, prints what comes back.

Every sub-command imports its room when called, so that `rayonnage --help` answers at once.
"""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from datasets.progress import Progress
    from serve_app.settings import Settings

app = typer.Typer(
    help="Put every product on the right shelf: train, serve and check the model.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
data_app = typer.Typer(help="Check a data folder, or write the bundled sample.", no_args_is_help=True)
tune_app = typer.Typer(help="Search weights and hyper-parameters with Ray Tune.", no_args_is_help=True)
app.add_typer(data_app, name="data")
app.add_typer(tune_app, name="tune")

DataOption = Annotated[
    list[Path], typer.Option("--data", help="Folder in Rakuten's layout; may be given several times.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document on standard output, nothing else.")]
VersionOption = Annotated[str | None, typer.Option("--version", help="Bundle version; default: the champion.")]
StoreOption = Annotated[
    str | None, typer.Option("--store", help="Model store: a path, s3:// or gs://; default: in RAYONNAGE_HOME.")
]


@app.command()
def train(
    data: DataOption,
    text: Annotated[str, typer.Option(help="Text experts: linear, bigru; several with commas, or none.")] = "linear",
    image: Annotated[str, typer.Option(help="Image experts: lite0, vgg16; several with commas, or none.")] = "lite0",
    image_weights: Annotated[str, typer.Option(help="Of vgg16: imagenet, none, or a local file.")] = "imagenet",
    epochs: Annotated[int, typer.Option(help="Of the Keras experts, at most.")] = 10,
    seed: Annotated[int, typer.Option(help="The same seed gives the same model.")] = 7,
    promote: Annotated[bool, typer.Option(help="Make the new version champion.")] = True,
    store: StoreOption = None,
    json_output: JsonOption = False,
) -> None:
    """Train a model on listings and publish it as a new version.

    Example: rayonnage train --data ./listings
    """
    from bundle.store import ModelStore
    from datasets.folder import load_folders
    from train.expert import TrainOptions
    from train.pipeline import train as train_bundle

    settings = _settings(store=store)
    options = TrainOptions(_names(text), _names(image), image_weights, epochs, seed)
    with bars() as progress:
        dataset = load_folders(data, progress=progress)
        trained = train_bundle(
            dataset,
            ModelStore(settings.store_url),
            options,
            cache_dir=settings.cache,
            promote=promote,
            progress=progress,
        )
    for note in trained.notes:
        typer.echo(f"Note: {note}", err=True)
    set_aside = dataset.rows - len(dataset.products)
    if set_aside:
        typer.echo(f"Note: {set_aside} of {dataset.rows} rows were set aside; see `rayonnage data check`", err=True)
    if json_output:
        _print_json({"version": trained.version, "champion": promote, "metrics": trained.metrics})
        return
    typer.echo(f"{trained.version} trained in {trained.seconds:.0f} s on {len(dataset.products)} rows, held-out scores:")
    for part in ("text", "image", "fusion"):
        if scores := trained.metrics[part]:
            low, high = scores["interval"]
            typer.echo(f"  {part:<7} weighted F1 {scores['weighted_f1']:.3f} ({low:.3f} to {high:.3f})", nl=False)
            typer.echo(f", macro F1 {scores['macro_f1']:.3f}, {scores['rows']} rows")
    typer.echo("It is champion now: `rayonnage serve` answers with it." if promote else "The champion stays.")


@contextmanager
def bars() -> "Iterator[Progress]":
    """Progress bars on standard error; one line a finished stage where nobody watches a terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    tasks: dict[str, Any] = {}
    columns = (TextColumn("{task.description:<28}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as drawn:

        def show(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = drawn.add_task(stage, total=total)
                if not console.is_terminal:
                    console.print(f"{stage} …")
            drawn.update(tasks[stage], completed=done, total=total)

        yield show


def _settings(**given: Any) -> "Settings":
    """Settings of the environment, with what the command line gives on top."""
    from serve_app.settings import Settings

    return Settings(**{name: value for name, value in given.items() if value is not None})


def _names(comma_separated: str) -> tuple[str, ...]:
    """Names of experts; `none` or nothing means no expert."""
    names = tuple(name.strip() for name in comma_separated.split(",") if name.strip())
    return () if names == ("none",) else names


def _print_json(document: Any) -> None:
    typer.echo(json.dumps(document, ensure_ascii=False, allow_nan=False))


def main() -> None:
    """Run the command line; bad input is one line on standard error and exit code 2."""
    try:
        app()
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:
        # Every room's own errors carry the exit code they mean; anything else is a fault of ours and is shown whole.
        exit_code = getattr(error, "exit_code", None)
        if not isinstance(exit_code, int):
            raise
        print(f"Error: {error}", file=sys.stderr)  # noqa: T201
        sys.exit(exit_code)


if __name__ == "__main__":
    main()
