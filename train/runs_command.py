"""`rayonnage runs …`: every training that was started here, what came of it, and what tells two apart."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.table import Table

app = typer.Typer()
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document on standard output, nothing else.")]
RunArgument = Annotated[str, typer.Argument(metavar="RUN", help="As `rayonnage runs` names it, or how its name ends.")]
WIDE = 200


@app.callback(invoke_without_command=True)
def runs(
    context: typer.Context,
    limit: Annotated[int, typer.Option(min=1, help="Runs to list.")] = 20,
    json_output: JsonOption = False,
) -> None:
    """List trainings, newest first, with weighted and macro F1 on held-out rows; look at one, compare several.

    Example: rayonnage runs --limit 5
    """
    if context.invoked_subcommand is not None:
        return
    from train.run import Run
    from train.run_table import run_json, runs_table

    home = _home(context)
    found, notes = Run.all(home)
    for note in notes:
        typer.echo(f"Note: {note}", err=True)
    if json_output:
        _print_json({"items": [run_json(run) for run in found[:limit]], "runs": len(found)})
        return
    if not found:
        typer.echo(f"{home} has no run yet: start one with `rayonnage train --data DIR`", err=True)
        return
    _print([runs_table(found[:limit])])
    if len(found) > limit:
        typer.echo(f"{len(found) - limit} older ones: add --limit {len(found)}", err=True)


@app.command()
def show(context: typer.Context, run: RunArgument, json_output: JsonOption = False) -> None:
    """Show a training in full: data, options, epochs, scores, and why it failed or stopped.

    Example: rayonnage runs show 20261127-101500-3f2a
    """
    from dataclasses import asdict

    from train.run import Run
    from train.run_table import run_json, run_tables

    found = Run.find(_home(context), run)
    if json_output:
        _print_json(asdict(found.record) | run_json(found))
        return
    _print(run_tables(found))


@app.command()
def compare(
    context: typer.Context,
    runs: Annotated[list[str], typer.Argument(metavar="RUN RUN...", help="Two or more.")],
    plot: Annotated[Path | None, typer.Option(metavar="FILE.png", help="Draw them beside each other.")] = None,
    json_output: JsonOption = False,
) -> None:
    """Compare trainings: the options that differ, and the scores side by side.

    Example: rayonnage runs compare 3f2a 91d0 --plot compared.png
    """
    from train.run import Run
    from train.run_table import comparison, comparison_tables

    if len(runs) < 2:
        raise typer.BadParameter("name two runs or more")
    if plot is not None and plot.suffix.lower() != ".png":
        raise typer.BadParameter("give a file that ends in .png", param_hint="--plot")
    home = _home(context)
    found = [Run.find(home, name) for name in runs]
    compared = comparison(found)
    if plot is not None:
        from train.run_plot import write_comparison

        typer.echo(f"Plot: {write_comparison(found, plot)}", err=True)
    if json_output:
        _print_json(compared)
        return
    _print(comparison_tables(compared))
    if len({each for each in compared["fingerprint"] if each}) > 1:
        typer.echo("Note: they learned from different data, so their scores are on different rows", err=True)


def _home(context: typer.Context) -> Path:
    """RAYONNAGE_HOME. The command line hands its settings down: this room knows none."""
    home: Path = context.obj().home
    return home.expanduser()


def _print_json(document: Any) -> None:
    typer.echo(json.dumps(document, ensure_ascii=False, allow_nan=False))


def _print(tables: Sequence["Table"]) -> None:
    from rich.console import Console

    console = Console()
    if not console.is_terminal:
        console.width = WIDE
    for number, table in enumerate(tables):
        if number:
            console.print()
        console.print(table, highlight=False)
