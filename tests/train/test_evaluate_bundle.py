"""A trained bundle is scored on folders like and unlike its own, by the library and on the command line."""

import csv
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import rayonnage
from bundle.predictor import Predictor
from bundle.store import ModelStore
from datasets.folder import load_folders
from train.evaluation import NothingToEvaluateError, evaluate

pytestmark = pytest.mark.slow
ROOT = Path(rayonnage.__file__).parent
SCORES = {"rows", "weighted_f1", "macro_f1", "accuracy", "expected_calibration_error", "interval"}


@pytest.fixture(scope="module")
def unseen_dir(tmp_path_factory: pytest.TempPathFactory, write_small_folder: Callable[..., Path]) -> Path:
    """Two of the three known shelves, and a code that the bundle does not know."""
    return write_small_folder(tmp_path_factory.mktemp("unseen") / "listings", rows=45, seed=7, codes=(10, 2583, 777))


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "rayonnage.py"), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)


def test_a_folder_with_absent_and_unknown_categories_is_scored(small_store: ModelStore, unseen_dir: Path) -> None:
    evaluation = evaluate(Predictor.open(small_store.open_path()), load_folders([unseen_dir]))

    document = evaluation.as_json()
    assert document["rows"] == document["fusion"]["rows"] == 45
    assert document["unknown_codes"] == [777] and document["trained_on"] is False
    assert document["text"]["rows"] + document["image"]["rows"] - document["paired"]["fusion"]["rows"] == 45
    assert set(document["text"]) == SCORES
    assert set(document["fusion"]) == SCORES | {"conformal_coverage", "conformal_size"}
    assert 0.3 < document["fusion"]["accuracy"] <= 2 / 3


def test_the_training_folder_is_told_from_others(small_store: ModelStore, small_dir: Path) -> None:
    evaluation = evaluate(Predictor.open(small_store.open_path()), load_folders([small_dir]))
    assert evaluation.trained_on


def test_a_bundle_that_reads_text_only_leaves_photos_unanswered(small_store: ModelStore, unseen_dir: Path) -> None:
    predictor = Predictor.open(small_store.open_path(), modalities=["text"])
    manifest = predictor.manifest
    predictor.manifest = manifest.model_copy(update={"experts": manifest.experts_of("text")})

    document = evaluate(predictor, load_folders([unseen_dir])).as_json()

    assert document["image"] is None and document["paired"] is None
    assert document["unanswered"] > 0
    assert document["fusion"]["rows"] == document["text"]["rows"] == document["rows"] - document["unanswered"]


def test_nothing_to_compare_with_is_one_clear_error(small_store: ModelStore, unseen_dir: Path) -> None:
    dataset = load_folders([unseen_dir])
    predictor = Predictor.open(small_store.open_path())
    empty = type(dataset)([], [], 0, dataset.taxonomy, dataset.folders, dataset.synthetic)
    with pytest.raises(NothingToEvaluateError, match="no row has a category"):
        evaluate(predictor, empty)


def test_the_command_writes_json_alone_answers_and_plots(
    small_store: ModelStore, unseen_dir: Path, tmp_path: Path
) -> None:
    output, plots = tmp_path / "new" / "answers.csv", tmp_path / "plots"

    done = run(
        *("evaluate", "--data", unseen_dir, "--store", small_store.url, "--json"),
        *("--output", output, "--plots", plots),
    )

    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert document["version"] == small_store.champion()
    rows = list(csv.DictReader(output.open(encoding="utf-8", newline="")))
    assert len(rows) == 45 and {row["true"] for row in rows} == {"10", "2583", "777"}
    right = sum(row["correct"] == "True" for row in rows)
    assert right / 45 == pytest.approx(document["fusion"]["accuracy"])
    assert (tmp_path / "new" / "answers_mistakes.png").is_file()
    assert len(list(plots.glob("*.png"))) == 3


def test_the_command_prints_tables_for_people(small_store: ModelStore, unseen_dir: Path) -> None:
    done = run("evaluate", "--data", unseen_dir, "--store", small_store.url)
    assert done.returncode == 0, done.stderr
    assert "fused, rows with both" in done.stdout and "777" in done.stdout and "worst first" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--version", "20200101-000000-0000"], "has no version"),
        (["--output", "answers.xlsx"], ".csv"),
        (["--data", "/nowhere/at/all"], "/nowhere/at/all"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(
    small_store: ModelStore, unseen_dir: Path, arguments: list[str], message: str
) -> None:
    done = run("evaluate", "--data", unseen_dir, "--store", small_store.url, *arguments)
    assert done.returncode == 2 and done.stdout == ""
    assert message in done.stderr and "Traceback" not in done.stderr
