"""`rayonnage bench`: measures on this machine, as ratios within one run."""

from typing import TYPE_CHECKING, Annotated

import typer

from serve_app.command_line import JsonOption, print_json

if TYPE_CHECKING:
    from bench.training import TrainBench

app = typer.Typer(help="Measure on this machine, as ratios within one run.", no_args_is_help=True)


@app.command()
def train(
    quick: Annotated[
        bool, typer.Option("--quick", help="A few rows, one worker: shows that it runs, no more.")
    ] = False,
    titles: Annotated[int | None, typer.Option(min=64, help="Titles of a bigru epoch; default 50,000.")] = None,
    target: Annotated[float, typer.Option(min=0, max=1, help="Weighted F1 on the sample to time.")] = 0.85,
    json_output: JsonOption = False,
) -> None:
    """Compare our training with plain Keras and scikit-learn: epochs, photo features, workers, time to a weighted F1.

    All of it takes half an hour or more on two cores, most of which plain Keras needs.

    Example: rayonnage bench train --titles 10000
    """
    from dataclasses import replace

    from bench.training import Size, bench_train
    from rayonnage import bars

    size = Size.quick() if quick else Size()
    if titles is not None:
        size = replace(size, titles=titles)
    with bars() as progress:
        measured = bench_train(size, target=target, progress=progress)
    if json_output:
        print_json(measured.as_json())
        return
    show(measured)


def show(measured: "TrainBench") -> None:
    """Print both tables."""
    from rich.console import Console
    from rich.table import Table

    console = Console()
    if not console.is_terminal:
        console.width = 140
    size = measured.size
    ratios = Table("", "ours", "plain", "ours, s", "plain, s", "ratio", title=f"On {measured.cpus} CPUs")
    for ratio in measured.ratios:
        times = (f"{ratio.ours_s:.2f}", f"{ratio.plain_s:.2f}", f"{ratio.ratio:.2f}")
        ratios.add_row(ratio.name, ratio.ours, ratio.plain, *times)
    ways = Table("way", "seconds", "weighted F1", title=f"Time to weighted F1 {measured.target:g}")
    for way in measured.reached:
        seconds = f"{way.seconds:.1f}" if way.reached else f"not reached in {way.seconds:.1f}"
        ways.add_row(way.way, seconds, f"{way.weighted_f1:.3f}")
    console.print(ratios, highlight=False)
    console.print(
        f"{size.titles:,} titles of {measured.mean_tokens:.1f} words on average; {size.photos} photos", highlight=False
    )
    console.print(ways, highlight=False)
    console.print(f"on {size.rows:,} rows of the bundled sample at most, a fifth of them held out", highlight=False)
