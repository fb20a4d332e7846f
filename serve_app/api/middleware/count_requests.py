"""Counts requests by route and status, and times them."""

import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serve_app.metrics import RouterMetrics


class CountRequests:
    """ASGI middleware.

    Args:
        metrics: where it counts.
    """

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
