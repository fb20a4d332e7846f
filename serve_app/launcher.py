"""Starts the server on this machine, says how far it is, and stops it without leaving anything behind."""

import logging
import secrets
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType

import psutil
from pydantic import SecretStr

from bundle.store import ModelStore
from serve_app.accounts.first_admin import make_first_admin
from serve_app.accounts.signing_key import signing_key
from serve_app.address import Proxies
from serve_app.database.engine import Database
from serve_app.error import ServeError, StartError
from serve_app.instance import Instance, check_port
from serve_app.products.photo_store import open_photo_store
from serve_app.settings import Settings

READY_S = 120.0
CORE_PROCESSES = ("raylet", "gcs_server")
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

Report = Callable[[float, str], None]
"""Told the seconds since the start, and what is happening now."""


class _Stop(BaseException):
    """Somebody asked the server to stop."""


def serve(
    settings: Settings,
    *,
    version: str | None,
    page: str | None,
    report: Report,
    on_first_admin: Callable[[str, str], None],
    on_ready: Callable[[str, float], None],
) -> bool:
    """Serve a bundle until Ctrl-C, SIGTERM or SIGHUP.

    Call it before anything imports Ray: Serve reads its variables then.

    Args:
        version: to serve, whichever becomes champion; None follows the champion.
        page: `module:function` that makes the page's ASGI app from the API's URL, or None for no page.
        report: told what happens while starting.
        on_first_admin: told name and password of the admin that is made where there is none.
        on_ready: told the server's URL and the seconds that the start took.
    Returns:
        Whether it was ready before it was stopped.
    Raises:
        PortTakenError, AddressError, BundleError, DatabaseError, SigningKeyError, TrustedProxiesError: before anything
            started.
        StartError, ServeError: the server did not start, or ended by itself.
    """
    started = time.monotonic()

    def say(phase: str) -> None:
        report(time.monotonic() - started, phase)

    say("checking the bundle")
    check_port(settings.host, settings.port)
    store = ModelStore(settings.store_url)
    path = store.open_path(version)
    settings = _prepare(settings, on_first_admin)
    ready = False
    try:
        with stopping_on_signals(), Instance(settings) as instance:
            try:
                _start(settings, path.name, page, instance, say, pinned=version is not None)
                signal_handlers()  # Ray set its own
                ready = True
                on_ready(server_url(settings), time.monotonic() - started)
                _watch()
            finally:
                ignore_signals()  # a second Ctrl-C must not cut the clean-up short
                _leave_ray()
    except _Stop:
        return ready
    return ready


def _prepare(settings: Settings, on_first_admin: Callable[[str, str], None]) -> Settings:
    """Look at all that replicas will need: here a wrong setting is one line, there it would be a failed start."""
    signing_key(settings)
    Proxies.read(settings.trusted_proxies)
    open_photo_store(settings.photos_url)
    database = Database(settings.database_url)
    if made := make_first_admin(database):
        on_first_admin(*made)
    database.close()
    return settings.model_copy(update={"page_secret": SecretStr(secrets.token_hex(32))})


def run_guarded(command: Sequence[str], settings: Settings) -> int:
    """Run a command that ends with this process, however this process ends; 130 when it was stopped."""
    try:
        with stopping_on_signals(), Instance(settings):
            try:
                return subprocess.run(command, check=False).returncode
            finally:
                ignore_signals()
    except _Stop:
        return 130


def server_url(settings: Settings) -> str:
    """The URL under which this machine reaches the server."""
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(settings.host, settings.host)
    if ":" in host and not host.startswith("["):
        host = f"[{host}]"
    return f"http://{host}:{settings.port}"


def _start(
    settings: Settings, version: str, page: str | None, instance: Instance, say: Callable[[str], None], *, pinned: bool
) -> None:
    say("starting Ray")
    import ray

    logging.getLogger("ray.serve").setLevel(logging.ERROR)
    for last_try in (False, True):
        try:
            ray.init(**instance.ray_options())
            break
        except SystemExit:  # what Ray's own handler makes of SIGTERM
            raise _Stop from None
        except Exception as error:
            # Ray gives its processes 30 s; on a machine that was busy, or cold, the second time they make it.
            if last_try:
                raise StartError("starting Ray", str(error), str(instance.logs)) from error
            ray.shutdown()
            instance.end_processes()
    signal_handlers()
    say(f"starting Ray Serve and bundle {version}")
    try:
        _deploy(settings, version, page, instance, pinned=pinned)
    except Exception as error:
        raise StartError("starting the models", str(error), str(instance.logs)) from error
    say("waiting for the first answer")
    _wait_ready(f"{server_url(settings)}/api/v1/ready", instance)


def _deploy(settings: Settings, version: str, page: str | None, instance: Instance, *, pinned: bool) -> None:
    import ray.serve

    from serve_app.api.app import PREFIX
    from serve_app.deployment import API_APP, PAGE_APP, api_application, page_application, reserved

    logs = ray.serve.schema.LoggingConfig(logs_dir=str(instance.logs), enable_access_log=False)
    manifest = ModelStore(settings.store_url).manifest(version)
    there = ray.cluster_resources()
    for name, wanted in reserved(settings, manifest, page=bool(page)).items():
        if wanted > there.get(name, 0):
            # Serve would wait for it without an end.
            raise ServeError(f"the replicas reserve {wanted:g} {name}, this machine has {there.get(name, 0):g}")
    targets = [ray.serve.RunTarget(api_application(settings, manifest, pinned=pinned), API_APP, PREFIX, logs)]
    if page:
        targets.append(ray.serve.RunTarget(page_application(page, settings, server_url(settings)), PAGE_APP, "/", logs))
    http = {"host": settings.host, "port": settings.port}
    failures: list[BaseException] = []

    def start() -> None:
        try:
            ray.serve.start(http_options=http, logging_config=logs)
        except BaseException as error:
            failures.append(error)

    # `start` waits for the proxies, and the models need not: they find the controller and go on beside it. The thread
    # is a daemon, so that a stop need not wait for it.
    starting = threading.Thread(target=start, daemon=True)
    starting.start()
    while starting.is_alive() and not _controller_is_up():
        time.sleep(0.1)
    logging.getLogger("ray.serve").setLevel(logging.ERROR)
    if not failures:
        ray.serve.run_many(targets)
    starting.join()
    if failures:
        raise failures[0]


def _controller_is_up() -> bool:
    import ray
    from ray.serve._private.constants import SERVE_CONTROLLER_NAME, SERVE_NAMESPACE

    try:
        controller = ray.get_actor(SERVE_CONTROLLER_NAME, namespace=SERVE_NAMESPACE)
        ray.get(controller.check_alive.remote(), timeout=5)
    except (ValueError, ray.exceptions.RayError):
        return False
    return True


def _wait_ready(url: str, instance: Instance) -> None:
    until = time.monotonic() + READY_S
    last = "no answer"
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    while time.monotonic() < until:
        try:
            with opener.open(url, timeout=5):
                return
        except (OSError, urllib.error.URLError) as error:
            last = str(error)
        time.sleep(0.1)
    raise StartError("the first answer", last, str(instance.logs))


def _watch() -> None:
    """Wait for a signal; leave when a process of Ray itself ended, because soon nothing would answer any more."""
    core = [process for process in psutil.Process().children() if process.name() in CORE_PROCESSES]
    while all(process.is_running() and process.status() != psutil.STATUS_ZOMBIE for process in core):
        time.sleep(1)
    raise ServeError("the server ended: a process of Ray was killed; start it again")


def _leave_ray() -> None:
    # Ray's client in this process would take the end of its raylet, which the clean-up brings, for a crash.
    ray = sys.modules.get("ray")
    if ray is not None and ray.is_initialized():
        ray.shutdown()


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise _Stop


def signal_handlers() -> None:
    for number in STOP_SIGNALS:
        signal.signal(number, _stop)


def ignore_signals() -> None:
    for number in STOP_SIGNALS:
        signal.signal(number, signal.SIG_IGN)


@contextmanager
def stopping_on_signals() -> Iterator[None]:
    """SIGINT, SIGTERM and SIGHUP stop the server inside; outside they do what they did."""
    before = {number: signal.getsignal(number) for number in STOP_SIGNALS}
    signal_handlers()
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
