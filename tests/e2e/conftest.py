"""Running servers, each a `rayonnage serve` in a process of its own."""

import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil
import pytest

from bundle.store import ModelStore
from serve_app.watchdog import INSTANCE_VARIABLE, processes_of

REPOSITORY = Path(__file__).parent.parent.parent
OPEN = {
    "RAYONNAGE_ANONYMOUS_PREDICT": "1",
    "RAYONNAGE_REGISTRATION": "1",
    "RAYONNAGE_RATE_ANONYMOUS": "0",
    "RAYONNAGE_RATE_USER": "0",
}
PASSWORD = "une phrase assez longue"
START_S = 240.0
STOP_S = 60.0
GONE_S = 20.0


def titles_of(processes: Iterable[psutil.Process]) -> dict[psutil.Process, str]:
    """Processes with their command lines; those that end meanwhile are passed over."""
    titles = {}
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            titles[process] = " ".join(process.cmdline())
    return titles


def named(word: str, processes: Iterable[psutil.Process]) -> list[psutil.Process]:
    """Processes whose program's name or one of whose arguments is `word`."""
    titles = titles_of(processes)
    return [p for p, title in titles.items() if word in (Path(part).name for part in title.split())]


def wait_gone(instance: str) -> None:
    """Wait until a server that was stopped or killed has left no process."""
    until = time.monotonic() + GONE_S
    while found := processes_of(instance):
        assert time.monotonic() < until, [title[:80] for title in titles_of(found).values()]
        time.sleep(0.2)


@dataclass
class RunningServer:
    """A `rayonnage serve` in a process of its own.

    Attributes:
        log: what it said on standard output and standard error.
        home: its RAYONNAGE_HOME.
    """

    process: subprocess.Popen[bytes]
    port: int
    log: Path
    home: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def api(self) -> str:
        return f"{self.url}/api/v1"

    @property
    def admin_password(self) -> str:
        """Of the admin that this start made; a home or database used before has one already."""
        found = re.search(r"^First admin: admin\n  password: (\S+)", self.log.read_text(), re.MULTILINE)
        assert found, self.log.read_text()
        return found[1]

    def client(self, username: str, password: str = PASSWORD) -> httpx.Client:
        """A client of the API that is signed in; close it."""
        answer = httpx.post(f"{self.api}/token", data={"username": username, "password": password}, timeout=60)
        assert answer.status_code == 200, answer.text
        headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
        return httpx.Client(base_url=self.api, headers=headers, timeout=60)

    def new_user(self) -> httpx.Client:
        """A client of somebody who registered just now."""
        name = f"user-{secrets.token_hex(6)}"
        answer = httpx.post(f"{self.api}/users", json={"username": name, "password": PASSWORD}, timeout=60)
        assert answer.status_code == 201, answer.text
        return self.client(name)

    @property
    def instance(self) -> str:
        """The name that all its processes carry."""
        for child in psutil.Process(self.process.pid).children():
            with suppress(psutil.NoSuchProcess):
                if name := child.environ().get(INSTANCE_VARIABLE):
                    return name
        raise AssertionError("the server has no process of Ray")

    def replica(self, deployment: str) -> psutil.Process:
        """The process of one replica, by its title."""
        # Behind the name may stand the method that runs now.
        titles = titles_of(processes_of(self.instance))
        return next(p for p, title in titles.items() if title.split(".")[0].strip().endswith(f":{deployment}"))

    @property
    def gcs_port(self) -> int:
        """Where Ray's control store listens."""
        (gcs,) = named("gcs_server", processes_of(self.instance))
        return next(c.laddr.port for c in gcs.net_connections("inet") if c.status == psutil.CONN_LISTEN)

    def wait_ready(self) -> None:
        until = time.monotonic() + START_S
        while time.monotonic() < until:
            assert self.process.poll() is None, self.log.read_text()
            try:
                ready = httpx.get(f"{self.api}/ready", timeout=5).status_code == 200
                if ready and "Ready after" in self.log.read_text():
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.2)
        raise AssertionError(f"not ready after {START_S:.0f} s:\n{self.log.read_text()}")

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(timeout=STOP_S)


class Line:
    """A TCP line to the database that can be cut.

    Attributes:
        port: what the server is told is the database's.
    """

    def __init__(self, database_port: int) -> None:
        self._database_port = database_port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.is_cut = False
        self._open: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        self.is_cut = True
        for end in self._open:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def mend(self) -> None:
        self.is_cut = False

    def close(self) -> None:
        self.cut()
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                if self.is_cut:
                    client.close()
                    continue
                database = socket.create_connection(("127.0.0.1", self._database_port))
                self._open += [client, database]
                for one, other in ((client, database), (database, client)):
                    threading.Thread(target=self._pass, args=(one, other), daemon=True).start()

    @staticmethod
    def _pass(one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):
            while received := one.recv(65_536):
                other.sendall(received)
            other.shutdown(socket.SHUT_WR)


Launch = Callable[..., RunningServer]


def free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return trial.getsockname()[1]


@contextmanager
def launcher(store: ModelStore, folders: pytest.TempPathFactory) -> Iterator[Launch]:
    """Starts servers of a store, each with a home of its own unless it is given one; they are stopped at the end."""
    servers: list[RunningServer] = []

    def start(*arguments: str, port: int | None = None, **variables: str) -> RunningServer:
        port = port or free_port()
        folder = folders.mktemp("server")
        log = folder / "log.txt"
        environment = {
            **os.environ,
            "RAYONNAGE_HOME": str(folder / "home"),
            "RAYONNAGE_STORE": store.url,
            **OPEN,
            **variables,
        }
        with log.open("wb") as file:
            process = subprocess.Popen(
                [sys.executable, "-m", "rayonnage", "serve", "--port", str(port), *arguments],
                cwd=REPOSITORY,
                env=environment,
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        servers.append(RunningServer(process, port, log, Path(environment["RAYONNAGE_HOME"])))
        return servers[-1]

    yield start
    for server in servers:
        if server.process.poll() is None:
            server.stop()


@pytest.fixture(scope="module")
def data_dir(small_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data of a module's own server: `small_dir`, until `long_training` puts others in its place."""
    folder = tmp_path_factory.mktemp("data") / "listings"
    folder.symlink_to(small_dir)
    return folder


@pytest.fixture(scope="module")
def long_training(data_dir: Path, large_dir: Path) -> None:
    """From here on the server's data take a while to learn from."""
    data_dir.unlink()
    data_dir.symlink_to(large_dir)


@pytest.fixture(scope="module")
def launch(trained_store: ModelStore, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Launch]:
    """Starts servers of the session's store, `launch("--option", VARIABLE="value")`, for the tests of a file."""
    with launcher(trained_store, tmp_path_factory) as start:
        yield start


@pytest.fixture(scope="session")
def running_server(trained_store: ModelStore, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server that is ready, for the whole session; whoever kills a part of it waits until it is back."""
    with launcher(trained_store, tmp_path_factory) as start:
        server = start()
        server.wait_ready()
        yield server


@pytest.fixture(scope="session")
def server(running_server: RunningServer) -> str:
    """The URL of a server that is ready."""
    return running_server.url


@pytest.fixture(scope="session")
def database_line(mariadb_server: str) -> Iterator[Line]:
    """What `mariadb_api` takes for its database; whoever cuts it mends it."""
    line = Line(int(mariadb_server.rpartition(":")[2]))
    yield line
    line.close()


@pytest.fixture(scope="session")
def mariadb_api(
    trained_store: ModelStore,
    tmp_path_factory: pytest.TempPathFactory,
    new_mariadb_url: Callable[[], str],
    database_line: Line,
) -> Iterator[RunningServer]:
    """A server on MariaDB that is ready, for the whole session."""
    with launcher(trained_store, tmp_path_factory) as start:
        server = start(RAYONNAGE_DATABASE=re.sub(r":\d+/", f":{database_line.port}/", new_mariadb_url()))
        server.wait_ready()
        yield server


@pytest.fixture(scope="session", params=["running_server", "mariadb_api"], ids=["sqlite", "mariadb"])
def api_server(request: pytest.FixtureRequest) -> RunningServer:
    """A server that is ready: once on SQLite, once on MariaDB."""
    server: RunningServer = request.getfixturevalue(request.param)
    return server


@pytest.fixture(scope="session")
def admin(api_server: RunningServer) -> Iterator[httpx.Client]:
    """The first admin of `api_server`, signed in."""
    with api_server.client("admin", api_server.admin_password) as client:
        yield client


@pytest.fixture
def user(api_server: RunningServer) -> Iterator[httpx.Client]:
    """Somebody new on `api_server`, signed in."""
    with api_server.new_user() as client:
        yield client
