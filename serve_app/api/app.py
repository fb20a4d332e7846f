"""Builds the ASGI app of the API: routers, error answers, request counts."""

import math
import time

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi_offline import FastAPIOffline
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serve_app.api import health, keys, models, predict, token, users
from serve_app.backend import Backend
from serve_app.error import RequestError
from serve_app.metrics import RouterMetrics

PREFIX = "/api/v1"


def build_app(backend: Backend) -> FastAPI:
    """The API, answering from `backend`; Ray Serve mounts it at `PREFIX`."""
    # The offline variant brings Swagger's files along: the documentation works without the internet.
    app = FastAPIOffline(
        title="Rayonnage",
        description="Puts every product on the right shelf, from its title, description and photo.",
        version="1",
        redoc_url=None,
    )
    app.state.backend = backend
    for resource in (token, users, keys, predict, models, health):
        app.include_router(resource.router)
    app.add_exception_handler(RequestError, _refused)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(Exception, _failed)
    app.add_middleware(CountRequests, metrics=backend.predictions.metrics)
    return app


class CountRequests:
    """ASGI middleware: counts requests by route and status, and times them."""

    def __init__(self, app: ASGIApp, *, metrics: RouterMetrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        status = 499  # the client hung up before there was an answer

        async def note_status(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, note_status)
        finally:
            route = getattr(scope.get("route"), "path", "unknown")
            self._metrics.requests.labels(scope["method"], route, str(status)).inc()
            self._metrics.request_seconds.labels(route).observe(time.perf_counter() - started)


def _error(status_code: int, detail: str, field: str | None = None, headers: dict | None = None) -> JSONResponse:
    content = {"detail": detail} if field is None else {"detail": detail, "field": field}
    return JSONResponse(content, status_code=status_code, headers=headers)


async def _refused(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestError)
    headers = {"WWW-Authenticate": "Bearer"} if error.status_code == 401 else {}
    if error.retry_after_s is not None:
        headers["Retry-After"] = str(math.ceil(error.retry_after_s))
    return _error(error.status_code, str(error), error.field, headers)


async def _http_error(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    return _error(error.status_code, str(error.detail), headers=dict(error.headers or {}))


async def _invalid(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    field = ".".join(str(part) for part in first["loc"][1:]) or "body"
    return _error(422, f"{field}: {first['msg']}", field)


async def _failed(_: Request, error: Exception) -> JSONResponse:  # noqa: ARG001 - Starlette logs it
    return _error(500, "the server failed on this request; its log says why")
