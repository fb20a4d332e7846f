"""Puts back the path prefix that a reverse proxy took off, so that our own links lead through the proxy."""

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Receive, Scope, Send

from serve_app.address import Proxies
from serve_app.settings import PATH_PREFIX


class ProxyPrefix:
    """ASGI middleware.

    The prefix is the one of the setting or, from a trusted proxy, of the header `X-Forwarded-Prefix`.

    Args:
        root_path: the setting.
        proxies: whom to believe.
    """

    def __init__(self, app: ASGIApp, *, root_path: str, proxies: Proxies) -> None:
        self._app = app
        self._root_path = root_path
        self._proxies = proxies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and (prefix := self._prefix(scope)):
            headers = MutableHeaders(raw=list(scope["headers"]))
            if host := headers.get("x-forwarded-host"):
                # Gradio would take the host from there, and forget about the prefix.
                headers["host"] = host.partition(",")[0].strip()
                del headers["x-forwarded-host"]
            scope = {
                **scope,
                "root_path": prefix + scope.get("root_path", ""),
                "path": prefix + scope["path"],
                "headers": headers.raw,
            }
        await self._app(scope, receive, send)

    def _prefix(self, scope: Scope) -> str:
        headers = Headers(scope=scope)
        named = headers.get("x-forwarded-prefix", "").rstrip("/")
        if named and PATH_PREFIX.fullmatch(named) and self._trusts_peer(headers, scope):
            return named
        return self._root_path

    def _trusts_peer(self, headers: Headers, scope: Scope) -> bool:
        return self._proxies.trusts(self._proxies.peer(headers, scope.get("client")))
