"""`rayonnage trainings …`: the trainings that admins started over HTTP."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from serve_app.command_line import JsonOption, StoreOption, print_json, settings_with

if TYPE_CHECKING:
    from serve_app.database.tables import Training

app = typer.Typer(help="Look at the trainings that were started over HTTP.", no_args_is_help=True)

MAKERS = {
    "small": "train.challenger:small",
    "full": "train.challenger:full",
    "fusion": "tune.challenger:fusion",
}
"""Who makes a challenger, by mode; named, because serving code imports no training code."""

SHOWN = ("id", "mode", "state", "stage", "percent", "detail", "version", "promote")
MOMENTS = ("created_at", "started_at", "ended_at")
TrainingId = Annotated[str, typer.Argument(metavar="ID", help="As `rayonnage trainings list` names it.")]


@app.command("list")
def list_all(
    limit: Annotated[int, typer.Option(min=1, help="So many, the newest first.")] = 20, json_output: JsonOption = False
) -> None:
    """List trainings, the newest first.

    Example: rayonnage trainings list
    """
    from serve_app.database.engine import Database
    from serve_app.jobs.row import list_trainings

    rows = list_trainings(Database(settings_with().database_url), limit=limit)
    if json_output:
        print_json({"items": [_document(row) for row in rows]})
        return
    for row in rows:
        came_of_it = row.version or row.detail
        typer.echo(f"{row.id}  {row.created_at:%Y-%m-%d %H:%M}  {row.mode:<6}  {row.state:<9}  {came_of_it}".rstrip())
    if not rows:
        typer.echo("There is no training yet: start one with POST /api/v1/trainings", err=True)


@app.command()
def show(training_id: TrainingId, json_output: JsonOption = False) -> None:
    """Show one training, its scores and its log.

    Example: rayonnage trainings show 6f1c0f2b7f0e4d8aa5ad3b3f0c9e7d21
    """
    from serve_app.database.engine import Database
    from serve_app.error import NotFoundError
    from serve_app.jobs.row import find_training

    try:
        row = find_training(Database(settings_with().database_url), training_id)
    except NotFoundError as error:
        raise typer.BadParameter(f"{error} {training_id!r}", param_hint="ID") from None
    document = _document(row) | {"metrics": row.metrics, "log": row.log}
    if json_output:
        print_json(document)
        return
    for name in (*SHOWN, *MOMENTS):
        typer.echo(f"{name:<11} {document[name] if document[name] is not None else ''}".rstrip())
    for part in ("text", "image", "fusion"):
        if row.metrics and (scores := row.metrics.get(part)):
            typer.echo(f"{part:<11} weighted F1 {scores['weighted_f1']:.3f}, {scores['rows']} rows")
    typer.echo(row.log)


@app.command(hidden=True)
def run(training_id: TrainingId, ray: Annotated[str, typer.Option()], store: StoreOption = None) -> None:
    """Work off a queued training; the server starts this as a Ray job."""
    from serve_app.jobs.run import run_training

    if not run_training(settings_with(store=store), training_id, MAKERS, ray_address=ray):
        raise typer.Exit(1)


def _document(row: "Training") -> dict[str, Any]:
    moments = {name: moment.isoformat() if (moment := getattr(row, name)) else None for name in MOMENTS}
    return {name: getattr(row, name) for name in SHOWN} | moments
