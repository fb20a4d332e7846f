"""The command line: parses arguments, calls the room that does the work, prints what comes back.

Every sub-command imports its room when called, so that `rayonnage --help` answers at once.
"""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

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
