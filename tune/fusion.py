"""Searches fusion weights and temperatures over held-out logits, and judges what it found.

Every trial is plain numpy on the same cached logits, so no model runs. Points are chosen on one half of the groups and
judged on the other.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from datasets.progress import Progress, silent
from train.scores import Difference, Scores, difference, score
from tune.fusion_point import FusionPoint, answer, calibrated
from tune.fusion_screen import screen
from tune.fusion_trial import Trial
from tune.held_out import HeldOutLogits, halves


@dataclass(frozen=True, slots=True)
class FusionSearch:
    """What a search found. `before` and `after` are measured on the half of the groups that the search never saw.

    Attributes:
        trials: best first, by log-likelihood on the searched half; those given up on fewer rows last.
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
    through_ray: bool = False,
    concurrent: int | None = None,
    seed: int = 0,
    progress: Progress = silent,
) -> FusionSearch:
    """Run `trials` trials, the first from where the bundle stands, and judge the best on unseen groups.

    Args:
        through_ray: each trial is one of Ray Tune and climbs from its point; else all are tried in this process, most
            of them on a part of the rows, and the best few climb.
        concurrent: with Ray, trials at the same time, one CPU each; None for as many as there are CPUs.
    Raises:
        TuneError: fewer than two groups.
        TrialError: a trial failed.
    """
    searched, unseen = halves(held_out, seed=seed)
    if through_ray:
        from tune.fusion_ray import run_trials

        found = run_trials(searched, current, trials=trials, concurrent=concurrent, seed=seed, progress=progress)
    else:
        centre = calibrated(searched)
        found = screen(searched, current, centre=centre, trials=trials, seed=seed, progress=progress)
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


def _log_probability(probabilities: np.ndarray, class_index: np.ndarray) -> np.ndarray:
    """(n,) of the true category."""
    of_truth: np.ndarray = probabilities[np.arange(len(class_index)), class_index]
    return np.log(np.maximum(of_truth, 1e-9))


def _mean_interval(values: np.ndarray) -> tuple[float, float]:
    """95 % interval of a mean, by its standard error."""
    half_width = 1.96 * float(values.std()) / float(np.sqrt(len(values)))
    return float(values.mean()) - half_width, float(values.mean()) + half_width
