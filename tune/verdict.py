"""The best settings against the defaults, on rows that no trial saw."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import ray

from train.options import TrainOptions
from train.ray_session import ray_session
from train.scores import Difference, Scores, difference, score
from tune.journal import TrialRecord
from tune.material import Ground
from tune.space import options_at
from tune.sweep import Share
from tune.trial import final_answers, last_standing


@dataclass(frozen=True, slots=True)
class Verdict:
    """Scores of both, and weighted F1 of the best minus that of the defaults, paired."""

    default: Scores
    best: Scores
    gain: Difference

    @property
    def better(self) -> bool:
        """Whether the best settings are better by more than chance."""
        return self.gain.interval[0] > 0

    def as_json(self) -> dict[str, Any]:
        return {
            "rows": self.best.rows,
            "default": self.default.as_json(),
            "best": self.best.as_json(),
            "gain": self.gain.as_json(),
            "better": self.better,
        }


def compare(
    search: Ground,
    report: Ground,
    options: TrainOptions,
    *,
    trials: Sequence[TrialRecord],
    best: TrialRecord,
    share: Share,
) -> Verdict:
    """Train both anew on all rows but those of the report, and judge them there once.

    Weights, temperatures and epochs are those of the trials. A trial of the defaults that was pruned runs to its end
    first.

    Args:
        search, report: from `Material`.
    """
    with ray_session():
        share = share.on(ray.cluster_resources())
        reserve = ray.remote(num_cpus=share.cpus, num_gpus=share.gpus)
        answers_of, last_of = reserve(final_answers), reserve(last_standing)
        reserved = {"cpus": share.cpus, "gpus": share.gpus}
        shared = ray.put(report)
        tuned = answers_of.remote(shared, options_at(options, best.point), best.last, **reserved)
        if best.number == 0:
            default = tuned
        else:
            whole = next((trial.last for trial in trials if trial.number == 0 and trial.state == "finished"), None)
            # A task waits for what another one gives.
            standing = whole or last_of.remote(ray.put(search), options, **reserved)
            default = answers_of.remote(shared, options, standing, **reserved)
        before, after = ray.get([default, tuned])
    truth = report.class_index[report.judged]
    return Verdict(score(before, truth), score(after, truth), difference(after, before, truth))
