"""What sub-commands share: their options, their settings, and JSON on standard output."""

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from serve_app.settings import Settings

JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document on standard output, nothing else.")]
StoreOption = Annotated[
    str | None, typer.Option("--store", help="Model store: a path, s3:// or gs://; default: in RAYONNAGE_HOME.")
]


def settings_with(**given: Any) -> "Settings":
    """Settings of the environment, with what the command line gives on top."""
    from pydantic import ValidationError

    from serve_app.settings import Settings

    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        wrong = error.errors()[0]
        raise typer.BadParameter(f"RAYONNAGE_{str(wrong['loc'][0]).upper()}: {wrong['msg']}") from error


def print_json(document: Any) -> None:
    typer.echo(json.dumps(document, ensure_ascii=False, allow_nan=False))
