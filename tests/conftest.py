"""What is made once a session: the sample's model, and a running server that answers with it."""

import csv
import io
import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pymysql
import pytest
from PIL import Image, ImageDraw

from bundle.store import ModelStore
from datasets.bundled import sample_path
from datasets.folder import load_folders
from serve_app.database.engine import Database
from train.options import TrainOptions
from train.pipeline import train
from train.ray_session import ray_session

ROOT = Path(__file__).parents[1]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run first what needs neither Ray nor the first model, which trains meanwhile, and last what talks to servers.

    These stay, and cost time; so the second server's tests come behind the first's.
    """

    def stage(item: pytest.Item) -> int:
        given = item.callspec.params if hasattr(item, "callspec") else {}
        needed = getattr(item, "fixturenames", ())
        if "e2e" in item.path.parts:
            return 4 if "mariadb_api" in (*needed, given.get("api_server")) else 3
        return 2 if "trained_store" in needed else int("session_ray" in needed)

    items.sort(key=stage)


@pytest.fixture(scope="session")
def sample_dir() -> Path:
    """The bundled sample, to be read only."""
    return sample_path()


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A RAYONNAGE_HOME for the session: the store is `home/models`, features are cached in `home/cache`."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="session")
def session_ray() -> Iterator[None]:
    """The one Ray of this process: starting it takes longer than most tests that need it."""
    with ray_session():
        yield


@pytest.fixture(scope="session", autouse=True)
def first_training(
    request: pytest.FixtureRequest, home: Path, sample_dir: Path
) -> Iterator[subprocess.Popen[bytes] | None]:
    """The training of the default model on the bundled sample, begun with the session; None where no test needs it."""
    needed = any("trained_store" in getattr(item, "fixturenames", ()) for item in request.session.items)
    if not needed or os.environ.get("RAYONNAGE_TEST_STORE"):
        yield None
        return
    command = ["nice", "-n", "19", sys.executable, "-m", "rayonnage", "train", "--data", str(sample_dir), "--no-mlflow"]
    with (home / "first_training.log").open("wb") as log:
        environment = os.environ | {"RAYONNAGE_HOME": str(home)}
        training = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT)
        yield training
        training.kill()
        training.wait()


@pytest.fixture(scope="session")
def trained_store(home: Path, first_training: subprocess.Popen[bytes] | None) -> ModelStore:
    """A store whose champion is the default model, trained on the bundled sample.

    RAYONNAGE_TEST_STORE names one that is there already: it saves minutes to who works on the page.
    """
    if first_training is None:
        return ModelStore(os.environ["RAYONNAGE_TEST_STORE"])
    assert first_training.wait() == 0, (home / "first_training.log").read_text()
    return ModelStore(home / "models")


@pytest.fixture(scope="session")
def mariadb_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A MariaDB of the tests' own; its URL without a database's name."""
    folder = tmp_path_factory.mktemp("mariadb")
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        port = trial.getsockname()[1]
    user = subprocess.run(["id", "-un"], capture_output=True, text=True, check=True).stdout.strip()
    options = [f"--datadir={folder / 'data'}", f"--user={user}"]
    subprocess.run(
        ["mariadb-install-db", "--no-defaults", *options, "--auth-root-authentication-method=normal"],
        check=True,
        capture_output=True,
    )
    own = [f"--port={port}", "--bind-address=127.0.0.1", f"--socket={folder / 's'}", f"--pid-file={folder / 'pid'}"]
    # What a crash of the machine would lose is no test's business, and syncing costs most of the time.
    quick = ["--innodb-flush-log-at-trx-commit=0", "--innodb-buffer-pool-size=32M"]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            ["/usr/sbin/mariadbd", "--no-defaults", *options, *own, *quick], stdout=log, stderr=subprocess.STDOUT
        )
    try:
        until = time.monotonic() + 60
        while True:
            try:
                pymysql.connect(host="127.0.0.1", port=port, user="root").close()
                break
            except pymysql.err.OperationalError:
                assert process.poll() is None and time.monotonic() < until, (folder / "log").read_text()
                time.sleep(0.2)
        yield f"mysql+pymysql://root@127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=30)


@pytest.fixture(scope="session")
def new_mariadb_url(mariadb_server: str) -> Callable[[], str]:
    """Makes an empty database on the tests' MariaDB, and gives its URL."""
    port = int(mariadb_server.rpartition(":")[2])

    def create() -> str:
        name = f"rayonnage_{secrets.token_hex(4)}"
        with pymysql.connect(host="127.0.0.1", port=port, user="root") as connection:
            connection.cursor().execute(f"CREATE DATABASE {name} CHARACTER SET latin1")
        return f"{mariadb_server}/{name}"

    return create


@pytest.fixture(params=["sqlite", "mariadb"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An empty database, once on SQLite and once on MariaDB."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'rayonnage.db'}"
    else:
        url = request.getfixturevalue("new_mariadb_url")()
    opened = Database(url)
    yield opened
    opened.close()


SHELVES = {
    10: ("saddlebrown", ("roman policier", "essai broché", "bande dessinée", "livre de poche")),
    1280: ("crimson", ("peluche ours", "puzzle bois", "voiture miniature", "poupée parlante")),
    2583: ("deepskyblue", ("piscine gonflable", "pompe filtration", "bâche piscine", "chlore galets")),
}


@pytest.fixture(scope="session")
def write_small_folder() -> Callable[..., Path]:
    """Writes a folder in Rakuten's layout with listings of three shelves; every other one has a photo."""
    return _write_small_folder


@pytest.fixture(scope="session")
def small_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of 120 listings that trains in seconds, to be read only."""
    return _write_small_folder(tmp_path_factory.mktemp("small") / "listings", rows=120, seed=1)


@pytest.fixture(scope="session")
def large_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of 4,000 listings, whose training takes long enough to be met in the middle; to be read only."""
    return _write_small_folder(tmp_path_factory.mktemp("large") / "listings", rows=4000, seed=2)


@pytest.fixture(scope="session")
def small_store(tmp_path_factory: pytest.TempPathFactory, small_dir: Path) -> ModelStore:
    """A store whose champion is the default model trained on `small_dir`; to be read only."""
    home = tmp_path_factory.mktemp("small_home")
    store = ModelStore(home / "models")
    train(load_folders([small_dir]), store, TrainOptions(), cache_dir=home / "cache")
    return store


def _write_small_folder(folder: Path, *, rows: int, seed: int, codes: Sequence[int] = tuple(SHELVES)) -> Path:
    generator = np.random.default_rng(seed)
    photos = folder / "images" / "image_train"
    photos.mkdir(parents=True)
    listings = [",designation,description,productid,imageid"]
    labels = [",prdtypecode"]
    for row in range(rows):
        code = codes[row % len(codes)]
        # Every fifth listing speaks of another shelf, so that no answer is certain.
        colour, words = SHELVES[code if code in SHELVES and row % 5 else int(generator.choice(list(SHELVES)))]
        productid, imageid = seed * 100_000 + row, seed * 200_000 + row
        serial = "".join(generator.choice(list("abcdefghij"), 6))
        title = "" if row % 10 == 3 else f"{generator.choice(words)} {serial}"
        listings.append(f"{row},{title},,{productid},{imageid}")
        labels.append(f"{row},{code}")
        if row % 2 or not title:
            photo = Image.new("RGB", (64, 48), "white")
            corner = int(generator.integers(2, 16))
            ImageDraw.Draw(photo).rectangle((corner, corner, 60, 44), fill=colour)
            photo.save(photos / f"image_{imageid}_product_{productid}.jpg")
    (folder / "X_train_update.csv").write_text("\n".join(listings) + "\n", encoding="utf-8")
    (folder / "Y_train_CVw08PX.csv").write_text("\n".join(labels) + "\n", encoding="utf-8")
    return folder


@pytest.fixture
def photo_bytes() -> Callable[..., bytes]:
    """A small JPEG of soft patches of colour, another one for each seed."""

    def draw(seed: int = 0) -> bytes:
        noise = np.random.default_rng(seed).integers(0, 256, (5, 6, 3), dtype=np.uint8)
        buffer = io.BytesIO()
        Image.fromarray(noise).resize((60, 40), Image.Resampling.BICUBIC).save(buffer, "JPEG")
        return buffer.getvalue()

    return draw


@pytest.fixture
def write_folder(tmp_path: Path) -> Callable[..., Path]:
    """Writes a folder. A row is a dictionary of the columns; what it leaves out is filled in.

    `code=None` leaves the row out of Y; `photos` are bytes by (imageid, productid).
    """

    def write(
        rows: Sequence[dict[str, Any]], *, name: str = "listings", photos: dict[tuple[int, int], bytes] | None = None
    ) -> Path:
        folder = tmp_path / name
        folder.mkdir()
        x_rows, y_rows = [], []
        for place, given in enumerate(rows):
            index = given.get("row", place)
            ids = given.get("productid", 1000 + place), given.get("imageid", 5000 + place)
            x_rows.append((index, given.get("designation", f"Chaise {place}"), given.get("description", ""), *ids))
            if given.get("code", 10) is not None:
                y_rows.append((index, given.get("code", 10)))
        _write_csv(folder / "X_train_update.csv", ("", "designation", "description", "productid", "imageid"), x_rows)
        _write_csv(folder / "Y_train_CVw08PX.csv", ("", "prdtypecode"), y_rows)
        for (imageid, productid), data in (photos or {}).items():
            directory = folder / "images" / "image_train"
            directory.mkdir(parents=True, exist_ok=True)
            (directory / f"image_{imageid}_product_{productid}.jpg").write_bytes(data)
        return folder

    return write


def _write_csv(path: Path, header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
