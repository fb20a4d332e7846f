"""The settings of a server."""

from pathlib import Path

import pytest
from platformdirs import user_data_path
from pydantic import ValidationError

from bundle.store import ModelStore
from serve_app.deployment import reserved
from serve_app.settings import Settings


def test_all_replicas_together_leave_a_core_for_a_training(small_store: ModelStore) -> None:
    assert reserved(Settings(), small_store.manifest(), page=True)["CPU"] <= 1


def test_every_setting_stands_in_the_operators_guide() -> None:
    guide = (Path(__file__).parents[2] / "docs" / "operating.md").read_text(encoding="utf-8")
    made_anew = {"page_secret"}
    for name in Settings.model_fields.keys() - made_anew:
        assert f"| `RAYONNAGE_{name.upper()}` |" in guide


def test_an_empty_variable_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HOME", "PORT", "DATABASE", "ROOT_PATH"):
        monkeypatch.setenv(f"RAYONNAGE_{name}", "")
    assert (Settings().home, Settings().port, Settings().database) == (user_data_path("rayonnage"), 8000, None)


@pytest.mark.parametrize("given", ["/shop", "shop", "/shop/", "shop/"])
def test_a_path_prefix_is_taken_however_its_slashes_stand(given: str) -> None:
    assert Settings(root_path=given).root_path == "/shop"
    assert Settings(root_path="/").root_path == ""


@pytest.mark.parametrize("given", ["/a b", '/"><script>', "//evil.example//x", "http://evil.example", "/é"])
def test_a_path_prefix_that_is_no_path_is_refused(given: str) -> None:
    with pytest.raises(ValidationError, match="is no path like /shop"):
        Settings(root_path=given)


def test_the_address_of_a_tool_is_a_web_address() -> None:
    assert Settings(mlflow_url="https://mlflow.example/x").mlflow_url == "https://mlflow.example/x"
    assert Settings(mlflow_url="").mlflow_url is None
    for wrong in ("mlflow.example:5000", "javascript:alert(1)", "http://"):
        with pytest.raises(ValidationError, match="is no address"):
            Settings(mlflow_url=wrong)
