"""`rayonnage users …`: accounts from the command line, beside a running server."""

import getpass
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from serve_app.command_line import JsonOption, print_json, settings_with

if TYPE_CHECKING:
    from serve_app.database.engine import Database

app = typer.Typer(help="Accounts: add, list, remove, change.", no_args_is_help=True)

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="3 to 64 letters, digits or . @ + - _")]
StdinOption = Annotated[bool, typer.Option("--password-stdin", help="Read the password's line from standard input.")]
GenerateOption = Annotated[bool, typer.Option("--generate", help="Make a password, and show it once.")]


@app.command()
def add(
    name: NameArgument,
    admin: Annotated[bool, typer.Option("--admin", help="An admin: trains, deploys, resets.")] = False,
    password_stdin: StdinOption = False,
    generate: GenerateOption = False,
) -> None:
    """Add an account; asks for the password.

    Example: rayonnage users add anne --admin

    Example: echo "$PASSWORD" | rayonnage users add import --password-stdin
    """
    from serve_app.accounts.users import register

    password = _password(password_stdin, generate)
    with _database() as database:
        user = register(database, name, password, role="admin" if admin else "user")
    typer.echo(f"Added {user.username} ({user.role})")
    if generate:
        typer.echo(f"  password: {password}")


@app.command("list")
def list_users(json_output: JsonOption = False) -> None:
    """List the accounts.

    Example: rayonnage users list --json
    """
    from serve_app.accounts.record import AccountAnswer
    from serve_app.accounts.users import all_users

    with _database() as database, database.read() as session:
        found = [AccountAnswer.model_validate(user, from_attributes=True) for user in all_users(session)]
    if json_output:
        print_json({"items": [user.model_dump(mode="json") for user in found]})
        return
    for user in found:
        typer.echo(f"{user.username:<30} {user.role:<6} since {user.created_at:%Y-%m-%d}")
    if not found:
        typer.echo("No accounts yet; the first server that starts makes an admin.", err=True)


@app.command()
def remove(
    name: NameArgument,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
) -> None:
    """Remove an account and its keys; its products stay on their shelves, without a seller.

    Example: rayonnage users remove anne --yes
    """
    from serve_app.accounts.users import existing_user, remove_user

    with _database() as database:
        with database.read() as session:
            existing_user(session, name)
        if not yes:
            typer.confirm(f"Remove {name}?", abort=True)
        database.write(lambda session: remove_user(session, existing_user(session, name)))
    typer.echo(f"Removed {name}")


@app.command()
def password(name: NameArgument, password_stdin: StdinOption = False, generate: GenerateOption = False) -> None:
    """Give an account another password; every token of it is void.

    Example: rayonnage users password anne
    """
    from serve_app.accounts.users import existing_user, set_password

    with _database() as database:
        with database.read() as session:
            existing_user(session, name)
        new = _password(password_stdin, generate)
        set_password(database, name, new)
    typer.echo(f"{name} has a new password")
    if generate:
        typer.echo(f"  password: {new}")


@app.command()
def role(name: NameArgument, new_role: Annotated[str, typer.Argument(metavar="ROLE", help="user or admin")]) -> None:
    """Make an account an admin, or a plain user.

    Example: rayonnage users role anne admin
    """
    from serve_app.accounts.users import Role, change_role, existing_user

    if new_role not in ("user", "admin"):
        raise typer.BadParameter("is user or admin", param_hint="ROLE")
    wanted: Role = "admin" if new_role == "admin" else "user"
    with _database() as database:
        database.write(lambda session: change_role(session, existing_user(session, name), wanted))
    typer.echo(f"{name} is {new_role} now")


@contextmanager
def _database() -> "Iterator[Database]":
    from serve_app.database.engine import Database

    database = Database(settings_with().database_url)
    try:
        yield database
    finally:
        database.close()


def _password(from_stdin: bool, generate: bool) -> str:
    """The password that was typed twice, read, or made."""
    if from_stdin and generate:
        raise typer.BadParameter("give --password-stdin or --generate, not both")
    if generate:
        return secrets.token_urlsafe(15)
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise typer.BadParameter("nobody can type a password here: give --password-stdin or --generate")
    typed = getpass.getpass("Password: ")
    if getpass.getpass("Again: ") != typed:
        raise typer.BadParameter("the two passwords differ")
    return typed
