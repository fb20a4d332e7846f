"""The fusion search as trials of Ray Tune, each of which climbs from a random point: it spreads over a cluster."""

import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import redirect_stdout
from typing import Any

import numpy as np
import ray
import ray.tune
from ray.tune.search.basic_variant import BasicVariantGenerator

from datasets.progress import Progress, silent
from train.ray_session import ray_session
from train.scores import weighted_f1
from tune.error import TrialError
from tune.fusion_point import TEMPERATURE_FACTOR, FusionPoint, calibrated, climb, fuse, likelihood, normalised
from tune.fusion_trial import SMALLEST_SHARE, Trial
from tune.held_out import HeldOutLogits

METRIC = "log_likelihood"
PARTS = ("weights", "temperatures")


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
    rows = len(held_out.class_index)
    found = [_trial(number, result, list(held_out.modalities), rows) for number, result in enumerate(results)]
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


def _trial(number: int, result: Any, names: Sequence[str], rows: int) -> Trial:
    start, point = (
        FusionPoint(*({name: float(result.metrics[which][part][name]) for name in names} for part in PARTS))
        for which in ("start", "point")
    )
    metrics = result.metrics
    return Trial(number, start, point, float(metrics[METRIC]), float(metrics["weighted_f1"]), rows)


def _as_config(point: FusionPoint, centre: Mapping[str, float]) -> dict[str, float]:
    """A point as a sample of the search space, at its border where it lies outside."""
    config = {f"weight_{name}": max(weight, SMALLEST_SHARE) for name, weight in point.weights.items()}
    for name, temperature in point.temperatures.items():
        low, high = centre[name] / TEMPERATURE_FACTOR, centre[name] * TEMPERATURE_FACTOR
        config[f"temperature_{name}"] = float(np.clip(temperature, low, high))
    return config
