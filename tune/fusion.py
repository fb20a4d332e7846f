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
from pathlib import Path
from typing import Any

import numpy as np
import ray
import ray.tune
from ray.tune.search.basic_variant import BasicVariantGenerator
from scipy.optimize import minimize

from bundle.fusion import softmax, temper
from bundle.manifest import ExpertEntry, Modality
from datasets.progress import Progress, silent
from datasets.split import group_folds
from train.calibration import fit_sharpness, fit_temperature
from train.fusion import LEAST_MODALITY_WEIGHT, modality_objective
from train.ray_session import ray_session
from train.scores import Difference, Scores, difference, score, weighted_f1
from tune.error import TrialError, TuneError

SMALLEST_SHARE = 0.01
TEMPERATURE_FACTOR = 2.0
CLIMB_EVALUATIONS = 150
MOST_ROWS = 10_000
"""Rows to search on, at most: more cost time and move no weight."""

METRIC = "log_likelihood"


@dataclass(frozen=True, slots=True)
class HeldOutLogits:
    """What every expert of a bundle said about rows it was not trained on.

    Attributes:
        modalities: expert -> what it reads; the order of the experts everywhere.
        logits: expert -> (n, categories) float32, rows of NaN where its modality has no say. The experts of one
            modality have a say in the same rows, and each row has one at least.
        class_index: (n,) int, column of the true category.
        groups: (n,) int, rows that belong together.
    """

    modalities: dict[str, Modality]
    logits: dict[str, np.ndarray]
    class_index: np.ndarray
    groups: np.ndarray

    @classmethod
    def read(cls, path: Path, experts: Sequence[ExpertEntry]) -> "HeldOutLogits":
        """Read a bundle's `held_out.npz`, leaving out what no expert answered.

        A row that only some experts of a modality answered counts as one without that modality: serving always asks
        all of them.

        Raises:
            TuneError: the bundle keeps no held-out logits.
        """
        if not path.is_file():
            raise TuneError(f"{path}: this bundle keeps no held-out logits: train again (`rayonnage train --data DIR`)")
        with np.load(path, allow_pickle=False) as arrays:
            class_index, groups = arrays["class_index"], arrays["groups"]
            logits = {expert.name: arrays[f"logits_{expert.name}"].astype(np.float32) for expert in experts}
        modalities = {expert.name: expert.modality for expert in experts}
        for modality in set(modalities.values()):
            members = [name for name, reads in modalities.items() if reads == modality]
            silent_rows = np.logical_or.reduce([np.isnan(logits[name]).any(axis=1) for name in members])
            for name in members:
                logits[name][silent_rows] = np.nan
        answered = np.logical_or.reduce([~np.isnan(values[:, 0]) for values in logits.values()])
        return cls(modalities, logits, class_index, groups).of(answered)

    @property
    def situations(self) -> np.ndarray:
        """(n,) int: 1 text alone, 2 photo alone, 3 both."""
        bits = np.zeros(len(self.class_index), int)
        for name, modality in self.modalities.items():
            bits |= np.where(np.isnan(self.logits[name][:, 0]), 0, 1 if modality == "text" else 2)
        return bits

    def of(self, rows: np.ndarray) -> "HeldOutLogits":
        """The same for some rows."""
        logits = {name: values[rows] for name, values in self.logits.items()}
        return HeldOutLogits(self.modalities, logits, self.class_index[rows], self.groups[rows])


@dataclass(frozen=True, slots=True)
class FusionPoint:
    """A point of the search: expert -> weight (adding up to 1) and temperature."""

    weights: dict[str, float]
    temperatures: dict[str, float]

    @classmethod
    def of(cls, experts: Sequence[ExpertEntry]) -> "FusionPoint":
        """Where a bundle stands."""
        weights = {expert.name: expert.weight for expert in experts}
        return cls(weights, {expert.name: expert.temperature for expert in experts})

    def as_json(self) -> dict[str, dict[str, float]]:
        return {"weights": self.weights, "temperatures": self.temperatures}


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


def calibrated(held_out: HeldOutLogits) -> dict[str, float]:
    """Temperature at which each expert by itself is calibrated on these rows.

    The search stays within a factor of `TEMPERATURE_FACTOR` of it, so that an expert's vote, which people see beside
    the answer, keeps its meaning, and one search after the other does not carry it away.
    """
    found = {}
    for name, logits in held_out.logits.items():
        has_say = ~np.isnan(logits[:, 0])
        found[name] = fit_temperature(logits[has_say], held_out.class_index[has_say])
    return found


def search_space(centre: Mapping[str, float]) -> dict[str, Any]:
    """Tune's space: any mixture of the experts, and temperatures around the calibrated ones."""
    space: dict[str, Any] = {f"weight_{name}": ray.tune.uniform(SMALLEST_SHARE, 1) for name in centre}
    for name, temperature in centre.items():
        low, high = temperature / TEMPERATURE_FACTOR, temperature * TEMPERATURE_FACTOR
        space[f"temperature_{name}"] = ray.tune.loguniform(low, high)
    return space


def fuse(held_out: HeldOutLogits, point: FusionPoint) -> np.ndarray:
    """(n, categories) fused probabilities by the rule that serving follows, before the situation's temperature.

    `bundle.fusion` is that rule for one situation; this is the same for all rows at once, fast enough for a search.
    """
    total: np.ndarray = np.zeros(1)
    weight: np.ndarray = np.zeros(1)
    for name in held_out.modalities:
        logits = held_out.logits[name]
        present = ~np.isnan(logits[:, :1])
        # A hair of weight lets an expert of weight 0 answer where no other can.
        own = np.where(present, max(point.weights[name], 1e-9), 0.0)
        total = total + own * softmax(np.where(present, logits, 0.0) / point.temperatures[name])
        weight = weight + own
    return total / weight


def likelihood(held_out: HeldOutLogits, point: FusionPoint) -> float:
    """What the search maximises: mean log-probability of the true category, each situation at its best temperature."""
    fused, situations = fuse(held_out, point), held_out.situations
    total = 0.0
    for situation in np.unique(situations):
        rows = situations == situation
        total += modality_objective(fused[rows], held_out.class_index[rows]) * rows.sum()
    return total / len(situations)


def answer(held_out: HeldOutLogits, point: FusionPoint, *, fitted: HeldOutLogits) -> np.ndarray:
    """(n, categories) answers as served: each situation with the temperature that suits the rows `fitted`."""
    answers = fuse(held_out, point)
    on = fuse(fitted, point)
    for situation in np.unique(held_out.situations):
        rows, like = held_out.situations == situation, fitted.situations == situation
        answers[rows] = temper(answers[rows], fit_sharpness(on[like], fitted.class_index[like]))
    return answers


def normalised(weights: Mapping[str, float], modalities: Mapping[str, Modality]) -> dict[str, float]:
    """Weights that add up to 1, none of two modalities below the least weight that `train.fusion` leaves it."""
    total = sum(weights.values())
    shares = {name: weight / total for name, weight in weights.items()}
    of_text = sum(share for name, share in shares.items() if modalities[name] == "text")
    if len(set(modalities.values())) < 2:
        return shares
    kept = float(np.clip(of_text, LEAST_MODALITY_WEIGHT, 1 - LEAST_MODALITY_WEIGHT))
    scale = {"text": kept / max(of_text, 1e-12), "image": (1 - kept) / max(1 - of_text, 1e-12)}
    return {name: share * scale[modalities[name]] for name, share in shares.items()}


def halves(held_out: HeldOutLogits, *, seed: int = 0) -> tuple[HeldOutLogits, HeldOutLogits]:
    """The rows of one half of the groups, to search on, and those of the other, to judge on.

    Raises:
        TuneError: all rows belong together.
    """
    if len(np.unique(held_out.groups)) < 2:
        raise TuneError("the held-out rows are one group: a search needs rows to search on and others to judge on")
    fold = group_folds(held_out.class_index, held_out.groups, folds=2, seed=seed)
    searched, unseen = np.flatnonzero(fold == 0), np.flatnonzero(fold == 1)
    if len(searched) > MOST_ROWS:
        searched = np.sort(np.random.default_rng(seed).choice(searched, MOST_ROWS, replace=False))
    return held_out.of(searched), held_out.of(unseen)


def climb(
    held_out: HeldOutLogits,
    start: FusionPoint,
    *,
    centre: Mapping[str, float],
    evaluations: int = CLIMB_EVALUATIONS,
) -> FusionPoint:
    """Climb from a point to a likelier one nearby; `start` itself where nothing nearby is likelier.

    Args:
        centre: temperatures to stay around, from `calibrated`.
        evaluations: of the objective, about.
    """
    names = list(held_out.modalities)
    reach = np.log(TEMPERATURE_FACTOR)
    around = np.log([centre[name] for name in names])
    shares = np.log([max(start.weights[name], 1e-4) for name in names])
    temperatures = np.clip(np.log([start.temperatures[name] for name in names]), around - reach, around + reach)
    at = np.concatenate([shares, temperatures])

    def point(values: np.ndarray) -> FusionPoint:
        weights, tempers = (dict(zip(names, half.tolist(), strict=True)) for half in np.split(np.exp(values), 2))
        return FusionPoint(normalised(weights, held_out.modalities), tempers)

    def loss(values: np.ndarray) -> float:
        return -likelihood(held_out, point(values))

    bounds = [(np.log(1e-4), 0.0)] * len(names) + [(value - reach, value + reach) for value in around]
    found = minimize(loss, at, method="L-BFGS-B", bounds=bounds, options={"maxfun": evaluations, "eps": 1e-4})
    return point(found.x if found.fun < loss(at) else at)


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


PARTS = ("weights", "temperatures")


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
