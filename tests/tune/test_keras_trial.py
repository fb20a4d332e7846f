"""A Keras expert under trial learns as a training does, epoch by epoch, in a process of its own."""

from pathlib import Path

import pytest

from datasets.folder import load_folders
from train.options import BigruSettings, TrainOptions
from tune.material import Material
from tune.trial import final_answers, standings


@pytest.mark.slow
def test_bigru_and_linear_answer_together_and_again_after_the_same_epochs(small_dir: Path, tmp_path: Path) -> None:
    options = TrainOptions(("linear", "bigru"), (), epochs=1, bigru=BigruSettings(learning_rate=3e-3))
    material = Material.prepare(load_folders([small_dir]), options, cache_dir=tmp_path)

    told = list(standings(material.search_ground(), options))

    assert [standing.budget for standing in told] == [25, 50, 100]
    last = told[-1]
    assert last.epochs == {"bigru": 1} and set(last.weights) == {"linear", "bigru"}
    assert last.score > 0.5
    answers = final_answers(material.report_ground(), options, last)
    assert answers.shape == (material.rows[2], 3) and answers.sum(axis=1) == pytest.approx(1)


@pytest.mark.slow
def test_a_loss_that_is_no_number_ends_the_trial_alone(small_dir: Path, tmp_path: Path) -> None:
    options = TrainOptions(("bigru",), (), epochs=1, bigru=BigruSettings(learning_rate=1e30))
    material = Material.prepare(load_folders([small_dir]), options, cache_dir=tmp_path)
    *_, last = standings(material.search_ground(), options)
    assert last.diverged and last.score == 0
