"""A sweep finds settings, goes on after a stop with the same pruning, and gives every CPU back."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import ray

import rayonnage
from datasets.folder import load_folders
from train.options import TrainOptions, read_config
from tune.candidate import Refitted
from tune.command import sweep_directory
from tune.error import ChangedDataError, StoppedError, TuneError
from tune.journal import TRIALS, Journal
from tune.material import REPORT_FOLD, SEARCH_FOLD, Material
from tune.space import SPACES, Choice, options_at, point_of, space_of
from tune.sweep import Share, run_sweep, scheduler, searcher
from tune.sweep_report import write_trials
from tune.trial import Standing, final_answers, standings

ROOT = Path(rayonnage.__file__).parent
LINEAR = TrainOptions(("linear",), ())
ASKED = {"fingerprint": "aa", "experts": ["linear"]}
POINT = {"linear.inverse_regularisation": 0.2}


@pytest.fixture(scope="module")
def material(small_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Material:
    return Material.prepare(load_folders([small_dir]), LINEAR, cache_dir=tmp_path_factory.mktemp("cache"))


def stand(budget: int, score: float) -> Standing:
    return Standing(budget, score, score, {"linear": 1.0}, {"linear": 1.0})


def journal_of(directory: Path, *scores: list[float], ended: bool = True) -> Journal:
    """A sweep whose trials reported these scores at 25, 50 and 100 percent."""
    journal = Journal.create(directory, ASKED)
    for number, own in enumerate(scores):
        trial = journal.start(number, {"linear.inverse_regularisation": 0.1 + number / 10})
        for budget, score in zip((25, 50, 100), own, strict=False):
            journal.report(trial, stand(budget, score))
        if ended or number < len(scores) - 1:
            journal.end(trial, seconds=1.0)
    return journal


def test_the_defaults_lie_in_every_space_and_a_point_becomes_options() -> None:
    for options in (TrainOptions(("linear", "e5", "bigru"), ("lite0", "vgg16")), TrainOptions(fine_tune=True)):
        space = space_of(options)
        for name, value in point_of(options, space).items():
            inside = space[name]
            assert value in inside.values if isinstance(inside, Choice) else inside.low <= value <= inside.high
    changed = options_at(TrainOptions(("bigru",), ()), {"bigru.dropout": 0.5, "bigru.batch_size": 64})
    assert (changed.bigru.dropout, changed.bigru.batch_size) == (0.5, 64)
    assert set(SPACES) == {"linear", "e5", "bigru", "lite0", "vgg16"}


def test_no_group_is_learned_from_judged_on_and_reported_on(material: Material) -> None:
    search, report = material.search_ground(), material.report_ground()
    kept = np.flatnonzero(material.folds == REPORT_FOLD)
    assert not set(kept) & (set(search.trained) | set(search.judged))
    assert set(report.judged) == set(kept) and not set(report.trained) & set(kept)
    assert set(search.judged) == set(np.flatnonzero(material.folds == SEARCH_FOLD)) <= set(report.trained)
    assert sum(material.rows) == len(material.class_index)


def test_a_trial_learns_from_more_rows_each_time_and_ends_better(material: Material) -> None:
    told = list(standings(material.search_ground(), LINEAR))
    assert [standing.budget for standing in told] == [25, 50, 100]
    assert told[-1].score > 0.5 and told[-1].weights == {"linear": 1.0}
    answers = final_answers(material.report_ground(), LINEAR, told[-1])
    assert answers.shape == (material.rows[2], 3) and answers.sum(axis=1) == pytest.approx(1)


def test_an_expert_is_fitted_once_a_share(material: Material) -> None:
    ground, seen = material.search_ground(), []
    expert = Refitted(ground, lambda places: seen.append(len(places)) or np.zeros((len(ground.judged), 3)))
    for budget in (10, 25, 40, 50, 100):
        expert.answer(budget)
    assert seen == [len(ground.trained) // 4, len(ground.trained) // 2, len(ground.trained)]


def test_rungs_are_after_a_stop_what_they_were(tmp_path: Path) -> None:
    scores = [[0.5, 0.6, 0.7], [0.3], [0.6, 0.65, 0.72], [0.55, 0.5]]
    through = scheduler(Journal.create(tmp_path / "new", ASKED))
    for number, own in enumerate(scores):
        trial = SimpleNamespace(trial_id=f"before-{number}")
        for budget, score in zip((25, 50, 100), own, strict=False):
            through._brackets[0].on_result(trial, budget, score)

    journal_of(tmp_path / "stopped", *scores)
    again = scheduler(Journal.resume(tmp_path / "stopped", ASKED))

    assert again._brackets[0]._rungs == through._brackets[0]._rungs
    for number, score in enumerate((0.2, 0.52, 0.9)):
        decisions = {
            asha._brackets[0].on_result(SimpleNamespace(trial_id=f"next-{number}"), 25, score)
            for asha in (through, again)
        }
        assert decisions == {"STOP" if number == 0 else "CONTINUE"}


def test_after_a_stop_what_had_not_ended_is_proposed_first_and_nothing_twice(tmp_path: Path) -> None:
    journal_of(tmp_path, [0.5, 0.6, 0.7], [0.3], [0.5], ended=False)
    with (tmp_path / TRIALS).open("a") as file:
        file.write('{"event": "repor')  # what a crash in the middle of a line leaves
    journal = Journal.resume(tmp_path, ASKED)

    assert [trial.state for trial in journal.trials] == ["finished", "pruned", "running"]
    assert journal.best is not None and journal.best.number == 0
    search = searcher(LINEAR, journal)
    first, second = search.suggest("a"), search.suggest("b")
    assert first == journal.trials[2].point and second is not None
    assert second["linear.inverse_regularisation"] not in {
        t.point["linear.inverse_regularisation"] for t in journal.trials
    }
    for file in write_trials(journal, space_of(LINEAR)):
        assert file.stat().st_size > 100


def test_a_sweep_goes_on_only_with_what_it_began_with(tmp_path: Path) -> None:
    with pytest.raises(TuneError, match="no sweep to go on with"):
        Journal.resume(tmp_path, ASKED)
    Journal.create(tmp_path, ASKED)
    with pytest.raises(ChangedDataError, match=r"fingerprint aa, now bb"):
        Journal.resume(tmp_path, ASKED | {"fingerprint": "bb"})
    with pytest.raises(TuneError, match="begun with experts"):
        Journal.resume(tmp_path, ASKED | {"experts": ["e5"]})
    with pytest.raises(TuneError, match="already; go on with --resume"):
        Journal.create(tmp_path, ASKED)
    with pytest.raises(TuneError, match="no sweep over text-linear to go on with"):
        sweep_directory(tmp_path, LINEAR, resume=True)


@pytest.mark.parametrize(
    ("share", "advice"),
    [
        (Share(3), "--concurrent 2"),
        (Share(2, 2), "--concurrent 1 or --cpus-per-trial 1"),
        (Share(1, 4), "--cpus-per-trial 2"),
        (Share(1, 1, 1), "there are 0: ask for --gpus-per-trial 0"),
    ],
)
def test_more_than_the_machine_has_is_refused_with_what_to_ask_for(share: Share, advice: str) -> None:
    with pytest.raises(TuneError, match=advice):
        share.on({"CPU": 2})
    assert Share().on({"CPU": 2}) == Share(2, 1) and Share(1).on({"CPU": 2}) == Share(1, 2)
    assert Share(cpus=2).on({"CPU": 2}) == Share(1, 2)


def test_without_photos_there_is_nothing_to_tune_images_on(small_dir: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(small_dir, tmp_path / "bare")
    shutil.rmtree(folder / "images")
    with pytest.raises(TuneError, match="no labelled row has a photo"):
        Material.prepare(load_folders([folder]), TrainOptions((), ("lite0",)), cache_dir=tmp_path)


def test_a_category_with_one_row_is_no_obstacle(tmp_path: Path, write_small_folder: Callable[..., Path]) -> None:
    folder = write_small_folder(tmp_path / "one", rows=60, seed=2)
    labels = (folder / "Y_train_CVw08PX.csv").read_text().splitlines()
    labels[2] = "1,40"
    (folder / "Y_train_CVw08PX.csv").write_text("\n".join(labels) + "\n")
    own = Material.prepare(load_folders([folder]), LINEAR, cache_dir=tmp_path)
    *_, last = standings(own.search_ground(), LINEAR)
    assert own.categories == 4 and last.score > 0
    assert final_answers(own.report_ground(), LINEAR, last).shape[1] == 4


@pytest.mark.slow
@pytest.mark.usefixtures("session_ray")
def test_a_stopped_sweep_goes_on_and_gives_every_cpu_back(material: Material, tmp_path: Path) -> None:
    journal = Journal.create(tmp_path / "sweep", ASKED)

    def stop_after_two(_trials: object) -> None:
        if len(journal.ended) == 2:
            os.kill(os.getpid(), signal.SIGTERM)

    share = Share(concurrent=1, cpus=1)
    with pytest.raises(StoppedError, match="--resume"):
        run_sweep(material.search_ground(), LINEAR, journal, trials=5, share=share, watch=stop_after_two)
    assert 2 <= len(journal.ended) < 5
    first = [trial.point for trial in journal.ended]
    again = Journal.resume(tmp_path / "sweep", ASKED)
    run_sweep(material.search_ground(), LINEAR, again, trials=5, share=share, watch=lambda _trials: None)
    every_cpu, deadline = ray.cluster_resources()["CPU"], time.monotonic() + 20
    while ray.available_resources().get("CPU") != every_cpu and time.monotonic() < deadline:
        time.sleep(0.2)
    assert ray.available_resources().get("CPU") == every_cpu
    assert not [g for g in ray.util.placement_group_table().values() if g["state"] != "REMOVED"]

    assert [trial.number for trial in again.trials] == [0, 1, 2, 3, 4] and not again.unfinished
    assert [trial.point for trial in again.trials[: len(first)]] == first and first[0] == POINT
    assert again.best is not None and again.best.last is not None and again.best.last.budget == 100


@pytest.mark.slow
def test_the_command_writes_what_train_takes(small_dir: Path, tmp_path: Path) -> None:
    command = [sys.executable, str(ROOT / "rayonnage.py"), "tune", "text", "--data", str(small_dir)]
    command += ["--text", "linear", "--trials", "3", "--output", str(tmp_path / "out"), "--json"]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        env=os.environ | {"RAYONNAGE_HOME": str(tmp_path)},
    )
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert len(document["trials"]) == 3 and document["report"]["default"]["rows"] == document["report"]["rows"] > 0
    names = {Path(file).name for file in document["files"]}
    assert names == {"best.yaml", "report.json", "trials.json", "trials.csv", "history.png", "parameters.png"}
    config = read_config(tmp_path / "out" / "best.yaml")
    assert config["text"] == ["linear"] and config["image"] == ["lite0"]
    best = document["best"]["parameters"]["linear.inverse_regularisation"]
    assert config["linear"]["inverse_regularisation"] == best
