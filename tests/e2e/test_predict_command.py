"""`rayonnage predict`: one listing, or a folder, without a server."""

import json
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from bundle.store import ModelStore

pytestmark = pytest.mark.slow

REPOSITORY = Path(__file__).parent.parent.parent


def rayonnage(*arguments: str | Path, store: ModelStore) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "rayonnage", "predict", *map(str, arguments), "--store", store.url],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_one_listing_is_answered_as_the_api_does(small_store: ModelStore, small_dir: Path) -> None:
    photo = next((small_dir / "images" / "image_train").iterdir())
    ran = rayonnage("--designation", "piscine gonflable", "--image", photo, "--top-k", 2, "--json", store=small_store)
    assert ran.returncode == 0, ran.stderr
    answer = json.loads(ran.stdout)
    assert len(answer["categories"]) == 2
    assert set(answer["votes"]) == {"text", "image"}
    assert answer["version"] == small_store.champion()


def test_one_listing_is_shown_as_a_table(small_store: ModelStore) -> None:
    ran = rayonnage("--designation", "piscine gonflable", store=small_store)
    assert ran.returncode == 0, ran.stderr
    assert "2583" in ran.stdout


@pytest.mark.parametrize("ending", [".csv", ".parquet"])
def test_a_folder_is_answered_row_by_row(small_store: ModelStore, small_dir: Path, tmp_path: Path, ending: str) -> None:
    output = tmp_path / f"answers{ending}"
    ran = rayonnage("--data", small_dir, "--output", output, "--json", store=small_store)
    assert ran.returncode == 0, ran.stderr
    said = json.loads(ran.stdout)
    answers = pd.read_csv(output) if ending == ".csv" else pd.read_parquet(output)
    assert said["answered"] == len(answers) == said["rows"]
    assert answers["prdtypecode"].isin([10, 1280, 2583]).all()
    assert answers["probability"].between(0, 1).all()
    assert answers["image_prdtypecode"].notna().any() and answers["image_prdtypecode"].isna().any()


def test_a_submission_answers_every_row_of_the_test_part(
    small_store: ModelStore, small_dir: Path, tmp_path: Path
) -> None:
    for name in ("X_train_update.csv", "Y_train_CVw08PX.csv"):
        (tmp_path / name).symlink_to(small_dir / name)
    rows = "90,piscine gonflable,,1,1\n91,,,2,2\n92,roman policier,,2,2\n"
    (tmp_path / "X_test_update.csv").write_text(",designation,description,productid,imageid\n" + rows)
    submission, output = tmp_path / "y_pred.csv", tmp_path / "answers.csv"
    ran = rayonnage("--data", tmp_path, "--submission", submission, "--output", output, "--json", store=small_store)
    assert ran.returncode == 0, ran.stderr
    assert submission.read_bytes() == b",prdtypecode\n90,2583\n91,10\n92,10\n"
    assert len(pd.read_csv(output)) == 2
    said = json.loads(ran.stdout)
    assert said["part"] == "test"
    assert said["submission"] == {"file": str(submission), "rows": 3, "most_frequent": [91]}
    assert "X_test_update.csv:3 (index 91): it has neither text nor photo; it got 10" in ran.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "--designation"),
        (("--image", "/nonexistent.jpg"), "nonexistent"),
        (("--data", "/nonexistent", "--output", "a.csv"), "nonexistent"),
        (("--data", ".", "--output", "a.txt"), ".csv"),
        (("--data", "."), "--output"),
        (("--data", ".", "--submission", "y_pred.txt"), ".csv"),
        (("--submission", "y_pred.csv"), "--data"),
        (("--designation", "x", "--version", "20200101-000000-0000"), "20200101-000000-0000"),
    ],
)
def test_bad_input_is_told_with_exit_code_2(small_store: ModelStore, arguments: tuple[str, ...], said: str) -> None:
    ran = rayonnage(*arguments, store=small_store)
    assert ran.returncode == 2
    assert said in ran.stderr
    assert "Traceback" not in ran.stderr
    assert ran.stdout == ""
