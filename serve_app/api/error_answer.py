"""Turns whatever goes wrong with a request into the API's JSON: `{"detail": …, "field": …}`."""

import logging
import math

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from serve_app.error import RequestError

log = logging.getLogger("ray.serve")

DATABASE_DOWN = (OperationalError, InterfaceError, NoConnectionError)
DATABASE_RETRY_S = 5


def add_error_answers(app: FastAPI) -> None:
    """Have every error of a request answered; nowhere else does one become a status."""
    app.add_exception_handler(RequestError, _refused)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(ClientDisconnect, _gone)
    for kind in DATABASE_DOWN:
        app.add_exception_handler(kind, _database_down)
    app.add_exception_handler(Exception, _failed)


def _answer(status_code: int, detail: str, field: str | None = None, headers: dict | None = None) -> JSONResponse:
    content = {"detail": _encodable(detail)}
    if field is not None:
        content["field"] = _encodable(field)
    return JSONResponse(content, status_code=status_code, headers=headers)


def _encodable(text: str) -> str:
    # The name of an unknown field may hold half a surrogate pair.
    return text.encode("utf-8", "replace").decode()


async def _refused(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestError)
    headers = {"WWW-Authenticate": "Bearer"} if error.status_code == 401 else {}
    if error.retry_after_s is not None:
        headers["Retry-After"] = str(math.ceil(error.retry_after_s))
    return _answer(error.status_code, str(error), error.field, headers)


async def _http_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    if isinstance(error.__cause__, RequestError):
        return await _refused(request, error.__cause__)
    headers = dict(error.headers or {})
    if error.status_code == 405 and (methods := _documented_methods(request)):
        headers["Allow"] = ", ".join(methods)
    return _answer(error.status_code, str(error.detail), headers=headers)


def _documented_methods(request: Request) -> list[str]:
    """The methods of an address: Starlette names those of one route, and several may share the address."""
    methods = [name.upper() for name in request.app.openapi()["paths"].get(request.scope["route"].path, {})]
    return ["HEAD", *methods] if "GET" in methods else methods


async def _invalid(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    if first["type"] == "json_invalid":
        return _answer(422, f"body: is not valid JSON: {first['ctx']['error']}", "body")
    field = ".".join(str(part) for part in first["loc"][1:])[:60] or "body"
    return _answer(422, f"{field}: {first['msg']}", field)


async def _gone(_: Request, error: Exception) -> Response:  # noqa: ARG001 - nobody is there to read an answer
    return Response(status_code=499)


async def _database_down(_: Request, error: Exception) -> JSONResponse:
    log.error("the database failed on a request", exc_info=error)
    headers = {"Retry-After": str(DATABASE_RETRY_S)}
    return _answer(503, "the database does not answer at the moment: try again", headers=headers)


async def _failed(_: Request, error: Exception) -> JSONResponse:  # noqa: ARG001 - Starlette logs it
    return _answer(500, "the server failed on this request; its log says why")
