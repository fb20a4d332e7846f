"""Searches fusion weights and temperatures over held-out logits, through Ray Tune.

A trial starts at a random point of Tune's search space and climbs from there; every trial is plain numpy on the same
cached logits, so no model runs. Points are chosen on one half of the groups and judged on the other.
"""

import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from typing import Any

import numpy as np
import ray
import ray.tune
from ray.tune.search.basic_variant import BasicVariantGenerator

from datasets.progress import Progress, silent
from train.ray_session import ray_session
from train.scores import Difference, Scores, difference, score, weighted_f1
from tune.error import TrialError
from tune.fusion_point import TEMPERATURE_FACTOR, FusionPoint, answer, calibrated, climb, fuse, likelihood, normalised
from tune.held_out import HeldOutLogits, halves

SMALLEST_SHARE = 0.01
METRIC = "log_likelihood"
PARTS = ("weights", "temperatures")


@dataclass(frozen=True, slots=True)
class Trial:
    """One trial: where it started, where it came to, and how good that is on the half it searched.

    Attributes:
        log_likelihood: mean log-probability of the true category, what the search maximises.
    """

    number: int
    start: FusionPoint
    point: FusionPoint
    log_likelihood: float
    weighted_f1: float

    def as_json(self) -> dict[str, Any]:
        return {
            "trial": self.number,
            "start": self.start.as_json(),
            **self.point.as_json(),
            "log_likelihood": self.log_likelihood,
            "weighted_f1": self.weighted_f1,
        }


@dataclass(frozen=True, slots=True)
class FusionSearch:
    """What a search found. `before` and `after` are measured on the half of the groups that the search never saw.

    Attributes:
        trials: best first, by log-likelihood on the searched half.
        gain: weighted F1 of `best` minus that of `current`, paired.
        log_likelihood_gain: the same of the mean log-probability of the true category.
    """

    current: FusionPoint
    best: FusionPoint
    trials: list[Trial]
    searched_rows: int
    before: Scores
    after: Scores
    gain: Difference
    log_likelihood_before: float
    log_likelihood_after: float
    log_likelihood_gain: tuple[float, float]

    @property
    def better(self) -> bool:
        """Whether the best point is better on unseen rows by more than chance: likelier, or of higher weighted F1.

        Never where the other of the two is clearly lower.
        """
        gains = (self.gain.interval, self.log_likelihood_gain)
        return any(low > 0 for low, _ in gains) and all(high >= 0 for _, high in gains)

    def as_json(self) -> dict[str, Any]:
        return {
            "best": self.best.as_json(),
            "current": self.current.as_json(),
            "better": self.better,
            "searched_rows": self.searched_rows,
            "before": {**self.before.as_json(), "log_likelihood": self.log_likelihood_before},
            "after": {**self.after.as_json(), "log_likelihood": self.log_likelihood_after},
            "gain": {**self.gain.as_json(), "log_likelihood_interval": list(self.log_likelihood_gain)},
            "trials": [trial.as_json() for trial in self.trials],
        }


def search(
    held_out: HeldOutLogits,
    current: FusionPoint,
    *,
    trials: int,
    concurrent: int | None = None,
    seed: int = 0,
    progress: Progress = silent,
) -> FusionSearch:
    """Run `trials` trials, the first from where the bundle stands, and judge the best on unseen groups.

    Args:
        concurrent: trials at the same time, one CPU each; None for as many as there are CPUs.
    Raises:
        TuneError: fewer than two groups.
        TrialError: a trial failed.
    """
    searched, unseen = halves(held_out, seed=seed)
    found = run_trials(searched, current, trials=trials, concurrent=concurrent, seed=seed, progress=progress)
    best = found[0].point
    before, after = answer(unseen, current, fitted=searched), answer(unseen, best, fitted=searched)
    was, became = _log_probability(before, unseen.class_index), _log_probability(after, unseen.class_index)
    return FusionSearch(
        current=current,
        best=best,
        trials=found,
        searched_rows=len(searched.class_index),
        before=score(before, unseen.class_index),
        after=score(after, unseen.class_index),
        gain=difference(after, before, unseen.class_index),
        log_likelihood_before=float(was.mean()),
        log_likelihood_after=float(became.mean()),
        log_likelihood_gain=_mean_interval(became - was),
    )


def run_trials(
    held_out: HeldOutLogits,
    current: FusionPoint,
    *,
    trials: int,
    concurrent: int | None = None,
    seed: int = 0,
    progress: Progress = silent,
) -> list[Trial]:
    """Run the trials on Ray Tune over these rows; best first."""
    os.environ.setdefault("RAY_AIR_NEW_OUTPUT", "0")  # the old output is silent at verbosity 0
    os.environ.setdefault("TUNE_DISABLE_AUTO_CALLBACK_LOGGERS", "1")  # no CSV, JSON and TensorBoard files a trial
    with ray_session(), tempfile.TemporaryDirectory(prefix="rayonnage-tune-") as storage:
        at_once = min(trials, concurrent or max(1, int(ray.cluster_resources().get("CPU", 1))))
        centre = calibrated(held_out)
        trainable = ray.tune.with_parameters(_climb, held_out=held_out, centre=centre)
        tuner = ray.tune.Tuner(
            ray.tune.with_resources(trainable, {"cpu": 1}),
            param_space=search_space(centre),
            tune_config=ray.tune.TuneConfig(
                metric=METRIC,
                mode="max",
                num_samples=trials,
                max_concurrent_trials=at_once,
                search_alg=BasicVariantGenerator(points_to_evaluate=[_as_config(current, centre)], random_state=seed),
                reuse_actors=True,
            ),
            run_config=ray.tune.RunConfig(
                name="fusion", storage_path=storage, verbose=0, callbacks=[_Counting(trials, progress)]
            ),
        )
        with redirect_stdout(sys.stderr):  # Tune prints a banner whatever its verbosity
            results = tuner.fit()
    if results.num_errors:
        raise TrialError(results.num_errors, trials, str(results.errors[0]))
    found = [_trial(number, result, list(held_out.modalities)) for number, result in enumerate(results)]
    return sorted(found, key=lambda trial: -trial.log_likelihood)


def search_space(centre: Mapping[str, float]) -> dict[str, Any]:
    """Tune's space: any mixture of the experts, and temperatures around the calibrated ones."""
    space: dict[str, Any] = {f"weight_{name}": ray.tune.uniform(SMALLEST_SHARE, 1) for name in centre}
    for name, temperature in centre.items():
        low, high = temperature / TEMPERATURE_FACTOR, temperature * TEMPERATURE_FACTOR
        space[f"temperature_{name}"] = ray.tune.loguniform(low, high)
    return space


def _climb(config: dict[str, float], held_out: HeldOutLogits, centre: dict[str, float]) -> None:
    """The trainable: climb from the sampled point, and report the end of the way."""
    names = list(held_out.modalities)
    weights = {name: config[f"weight_{name}"] for name in names}
    temperatures = {name: config[f"temperature_{name}"] for name in names}
    start = FusionPoint(normalised(weights, held_out.modalities), temperatures)
    point = climb(held_out, start, centre=centre)
    ray.tune.report(
        {
            METRIC: likelihood(held_out, point),
            "weighted_f1": weighted_f1(fuse(held_out, point), held_out.class_index),
            "start": start.as_json(),
            "point": point.as_json(),
        }
    )


class _Counting(ray.tune.Callback):
    """Tells the progress of the trials."""

    def __init__(self, total: int, progress: Progress) -> None:
        self._done, self._total = 0, total
        self._progress = progress

    def __getstate__(self) -> dict[str, object]:
        """Nothing: Tune pickles its callbacks to resume after a crash, and progress bars hold locks."""
        return {}

    def setup(self, *args: object, **info: object) -> None:  # noqa: ARG002
        self._progress("trials", 0, self._total)

    def on_trial_complete(self, iteration: int, trials: Sequence[object], trial: object, **info: object) -> None:  # noqa: ARG002
        self._done += 1
        self._progress("trials", self._done, self._total)


def _trial(number: int, result: Any, names: Sequence[str]) -> Trial:
    start, point = (
        FusionPoint(*({name: float(result.metrics[which][part][name]) for name in names} for part in PARTS))
        for which in ("start", "point")
    )
    return Trial(number, start, point, float(result.metrics[METRIC]), float(result.metrics["weighted_f1"]))


def _as_config(point: FusionPoint, centre: Mapping[str, float]) -> dict[str, float]:
    """A point as a sample of the search space, at its border where it lies outside."""
    config = {f"weight_{name}": max(weight, SMALLEST_SHARE) for name, weight in point.weights.items()}
    for name, temperature in point.temperatures.items():
        low, high = centre[name] / TEMPERATURE_FACTOR, centre[name] * TEMPERATURE_FACTOR
        config[f"temperature_{name}"] = float(np.clip(temperature, low, high))
    return config


def _log_probability(probabilities: np.ndarray, class_index: np.ndarray) -> np.ndarray:
    """(n,) of the true category."""
    of_truth: np.ndarray = probabilities[np.arange(len(class_index)), class_index]
    return np.log(np.maximum(of_truth, 1e-9))


def _mean_interval(values: np.ndarray) -> tuple[float, float]:
    """95 % interval of a mean, by its standard error."""
    half_width = 1.96 * float(values.std()) / float(np.sqrt(len(values)))
    return float(values.mean()) - half_width, float(values.mean()) + half_width
