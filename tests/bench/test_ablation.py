"""The ablation judges what is served: its fused answer is the bundle's, and every way has its figures."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from bench.ablation import ablate, folds_of
from bench.ablation_table import as_json, as_markdown, compared
from bench.baseline import NAME, margins, tfidf_svc
from bench.error import BenchError
from bench.way import Ways, fold_ways
from bundle.predictor import Predictor
from bundle.store import ModelStore
from datasets.folder import load_folders
from train.evaluation import evaluate
from train.fitted import FittedExpert
from train.options import TrainOptions
from train.rows import labelled_rows

pytestmark = pytest.mark.slow


def test_the_fused_answer_is_the_one_that_the_bundle_gives(
    small_store: ModelStore, small_dir: Path, write_small_folder: Callable[..., Path], tmp_path: Path
) -> None:
    bundle_dir, manifest = small_store.open_path(), small_store.manifest()
    with np.load(bundle_dir / "held_out.npz") as arrays:
        fitted = [
            FittedExpert(e.name, e.modality, arrays[f"logits_{e.name}"].astype(np.float32), e.temperature)
            for e in manifest.experts
        ]
    learned = load_folders([small_dir])
    unseen = load_folders([write_small_folder(tmp_path / "unseen", rows=60, seed=5)])
    rows, judged = (labelled_rows(dataset, codes=manifest.codes, seed=7) for dataset in (learned, unseen))
    ways = Ways()
    ways.extend(fold_ways(rows, judged, fitted, learned, staging=bundle_dir), {"linear": 1.5})

    evaluation = evaluate(Predictor.open(bundle_dir), unseen)
    fused, paired = evaluation.scores["fusion"], evaluation.paired
    assert fused is not None and paired is not None
    assert list(ways.answers)[:5] == ["linear", "e5", "lite0", "linear + e5", "fused"]
    assert ways.score("fused").scores.weighted_f1 == pytest.approx(fused.weighted_f1, abs=0.001)
    assert ways.score("fused").error_after == pytest.approx(fused.expected_calibration_error, abs=0.02)
    assert ways.score("fused").coverage == pytest.approx(evaluation.conformal_coverage, abs=0.02)
    for part in ("text", "image", "fusion"):
        name = "fused" if part == "fusion" else part
        assert ways.score(f"rows with both: {name}").scores.weighted_f1 == pytest.approx(
            paired.scores[part].weighted_f1, abs=0.001
        )
    assert ways.score("linear").seconds == 1.5


def test_folds_are_judged_together_and_beside_the_baseline(small_dir: Path, tmp_path: Path) -> None:
    dataset = load_folders([small_dir])
    options = TrainOptions(text=("linear",), image=())
    ways = ablate(folds_of(dataset, folds=2, seed=7), options, cache_dir=tmp_path)
    document = as_json(ways)
    assert set(document["ways"]) == {"linear", NAME}
    assert document["ways"]["linear"]["rows"] == document["ways"][NAME]["rows"] == 108
    assert document["ways"][NAME]["conformal_coverage"] is None
    assert compared(ways) == [("linear", NAME)]
    assert as_markdown(ways).count("\n|") == 3


def test_rows_with_text_and_photo_can_be_judged_alone(small_dir: Path) -> None:
    dataset = load_folders([small_dir])
    pairs = {p.row for p in dataset.products if p.designation and p.image}
    judged: list[int] = []
    for learned, held_out in folds_of(dataset, folds=2, seed=7, pairs_only=True):
        here = {p.row for p in held_out.products}
        assert not here & {p.row for p in learned.products}
        assert len({p.row for p in learned.products} - pairs) > 30
        judged += here
    assert sorted(judged) == sorted(pairs)


def test_a_category_without_rows_to_learn_from_is_refused(small_dir: Path, tmp_path: Path) -> None:
    dataset = load_folders([small_dir])
    learned, held_out = next(folds_of(dataset, folds=2, seed=7))
    few = [product for product in learned.products if product.prdtypecode != 10]
    learned.products[:] = few
    with pytest.raises(BenchError, match=r"categories \[10\]"):
        ablate(iter([(learned, held_out)]), TrainOptions(text=("linear",), image=()), cache_dir=tmp_path)


def test_the_baseline_knows_no_category_that_it_never_saw() -> None:
    fitted = tfidf_svc().fit(["piscine ronde", "roman policier"], [0, 2])
    found = margins(fitted, ["une piscine", "un roman"], categories=3)
    assert found.argmax(axis=1).tolist() == [0, 2]
    assert np.isneginf(found[:, 1]).all()
