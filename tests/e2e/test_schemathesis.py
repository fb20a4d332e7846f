"""schemathesis tries the API with what its OpenAPI document allows and with what it does not."""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bundle.store import ModelStore

pytestmark = pytest.mark.e2e

CONFIG = Path(__file__).with_name("schemathesis.toml")
EXAMPLES = 20


@pytest.fixture(scope="module")
def server_of_its_own(launch: Any, small_store: ModelStore, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A server whose versions may be promoted and whose shelf may be emptied."""
    store = tmp_path_factory.mktemp("store") / "models"
    shutil.copytree(small_store.url, store, symlinks=True)
    server = launch(RAYONNAGE_STORE=str(store))
    server.wait_ready()
    return server


def try_api(server: Any, folder: Path, *options: str) -> None:
    """Raises: AssertionError with what schemathesis found."""
    command = [str(Path(sys.executable).with_name("schemathesis")), "--config-file", str(CONFIG), "run"]
    command += [f"{server.api}/openapi.json", "--max-examples", str(EXAMPLES), "--seed", "1"]
    command += ["--continue-on-failure", "--no-color"]
    found = subprocess.run([*command, *options], cwd=folder, capture_output=True, text=True, check=False, timeout=400)
    assert found.returncode == 0, found.stdout[-20_000:] + found.stderr
    assert "Tested" in found.stdout


def test_an_admin_meets_no_error_and_no_answer_outside_the_document(server_of_its_own: Any, tmp_path: Path) -> None:
    with server_of_its_own.client("admin", server_of_its_own.admin_password) as admin:
        token = admin.headers["Authorization"]
        # A training would take the machine for minutes, and leaving would end the session: those have their own tests.
        left_out = ["--exclude-path", "/trainings", "--exclude-path", "/me"]
        try_api(server_of_its_own, tmp_path, "--header", f"Authorization: {token}", *left_out)
        assert admin.get("/me").status_code == 200


def test_nor_does_somebody_who_is_not_signed_in(server_of_its_own: Any, tmp_path: Path) -> None:
    try_api(server_of_its_own, tmp_path)
