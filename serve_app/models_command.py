"""`rayonnage models …`: the versions of a store, and which of them is champion."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from serve_app.command_line import JsonOption, StoreOption, print_json, settings_with

if TYPE_CHECKING:
    from bundle.store import ModelStore

app = typer.Typer(
    help="List the versions of a store; choose its champion, which running servers follow.", no_args_is_help=True
)


@app.command("list")
def list_models(store: StoreOption = None, json_output: JsonOption = False) -> None:
    """List the versions, newest first, with their held-out scores.

    Example: rayonnage models list
    """
    from bundle.error import BundleError

    models = _store(store)
    champion, rows = models.champion(), []
    for version in models.versions()[::-1]:
        row: dict[str, Any] = {"version": version, "champion": version == champion, "error": None}
        try:
            manifest = models.manifest(version)
        except BundleError as error:
            rows.append(row | {"error": str(error)})
            continue
        rows.append(
            row
            | {
                "created": f"{manifest.created:%Y-%m-%dT%H:%M:%SZ}",
                "parent": manifest.parent,
                "rows": manifest.data.rows,
                "synthetic": manifest.data.synthetic,
                "experts": [expert.name for expert in manifest.experts],
                "metrics": manifest.metrics,
            }
        )
    if json_output:
        print_json({"items": rows})
        return
    for row in rows:
        mark = "*" if row["champion"] else " "
        typer.echo(f"{mark} {row['version']}  {row['error'] or _in_short(row)}")
    if not rows:
        typer.echo(f"{models.url} has no version yet: run `rayonnage train --data DIR`", err=True)


@app.command()
def promote(
    version: Annotated[str, typer.Argument(metavar="VERSION", help="As `rayonnage models list` names it.")],
    store: StoreOption = None,
) -> None:
    """Make a version champion, after checking every file of it.

    A running server loads it beside the one that answers and switches within seconds. A server that was started with
    --version stays with that one.

    Example: rayonnage models promote 20261125-101500-3f2a
    """
    _store(store).promote(version)
    typer.echo(f"{version} is champion now.")


@app.command()
def rollback(store: StoreOption = None) -> None:
    """Make the champion before this one champion again; once more goes back one more.

    Example: rayonnage models rollback
    """
    typer.echo(f"{_store(store).rollback()} is champion again.")


def _store(url: str | None) -> "ModelStore":
    from bundle.store import ModelStore

    return ModelStore(settings_with(store=url).store_url)


def _in_short(row: dict[str, Any]) -> str:
    scores = row["metrics"].get("fusion")
    score = f"weighted F1 {scores['weighted_f1']:.3f}" if scores else "no scores"
    return f"{score}, {row['rows']} rows, {' + '.join(row['experts'])}"
