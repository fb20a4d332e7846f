"""Refuses a body that is too large before it is held in memory, whether its length is announced or not."""

from collections.abc import Mapping

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serve_app.error import RequestError

SMALL_BODY_BYTES = 100_000
"""What a route takes that has no photo and no batch to take."""


class BodyLimit:
    """ASGI middleware.

    Args:
        bytes_by_path: most bytes of the routes that take more than `SMALL_BODY_BYTES`.
    """

    def __init__(self, app: ASGIApp, *, bytes_by_path: Mapping[str, int]) -> None:
        self._app = app
        self._bytes_by_path = bytes_by_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        most = self._bytes_by_path.get(scope["path"].removeprefix(scope.get("root_path", "")), SMALL_BODY_BYTES)
        announced = Headers(scope=scope).get("content-length", "")
        too_large = announced.isdecimal() and int(announced[:20]) > most
        received = 0

        async def receive_within_limit() -> Message:
            nonlocal received
            message = {"type": "http.request"} if too_large else await receive()
            received += len(message.get("body", b""))
            if too_large or received > most:
                # FastAPI lets nothing but its own kind of error out of the reading of a body.
                error = RequestError("body", f"is larger than {most:,} bytes", status_code=413)
                raise HTTPException(413, str(error)) from error
            return message

        await self._app(scope, receive_within_limit, send)
