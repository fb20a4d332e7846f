"""One trial: experts under settings of their own, answering together after each part of their budget."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from scipy.special import softmax

from bundle.fusion import pool
from train.calibration import fit_temperature
from train.error import DivergedError
from train.fusion import HeldOutExpert, search_weights
from train.options import TrainOptions
from train.scores import macro_f1, weighted_f1
from tune.candidate import WHOLE, candidates
from tune.material import Ground
from tune.space import options_at


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a trial is and how good.

    Attributes:
        budget: percent of the whole.
        score: weighted F1 on the rows that trials are judged on; 0 where a loss was no number any more.
        weights, temperatures: of its experts, fitted on those rows.
        epochs: after which each Keras expert was best.
    """

    budget: int
    score: float
    macro_f1: float
    weights: dict[str, float] = field(default_factory=dict)
    temperatures: dict[str, float] = field(default_factory=dict)
    epochs: dict[str, int] = field(default_factory=dict)
    diverged: bool = False


def run_trial(
    config: dict[str, float], *, ground: Ground, options: TrainOptions, cpus: float = 1, gpus: float = 0
) -> None:
    """The trainable of Ray Tune: reports each standing of the settings in `config`."""
    import ray.tune

    for standing in standings(ground, options_at(options, config), cpus=cpus, gpus=gpus):
        ray.tune.report(asdict(standing))


def standings(ground: Ground, options: TrainOptions, *, cpus: float = 1, gpus: float = 0) -> Iterator[Standing]:
    """Learn more and more, and tell after each part of the budget how good the experts are together."""
    chosen = candidates(ground, options, cpus=cpus, gpus=gpus)
    truth = ground.class_index[ground.judged]
    for budget in sorted({budget for candidate in chosen.values() for budget in candidate.budgets}):
        try:
            logits = {name: candidate.answer(budget) for name, candidate in chosen.items()}
        except DivergedError:
            yield Standing(budget, 0.0, 0.0, diverged=True)
            return
        temperatures = {name: fit_temperature(values, truth) for name, values in logits.items()}
        weights = _weights(ground, logits, temperatures)
        answers = together(logits, temperatures, weights)
        epochs = {name: candidate.epochs for name, candidate in chosen.items() if candidate.epochs is not None}
        score, macro = weighted_f1(answers, truth), macro_f1(answers, truth)
        yield Standing(budget, score, macro, weights, temperatures, epochs)


def last_standing(ground: Ground, options: TrainOptions, *, cpus: float = 1, gpus: float = 0) -> Standing:
    """Where a trial that nobody ends comes to."""
    *_, last = standings(ground, options, cpus=cpus, gpus=gpus)
    return last


def final_answers(
    ground: Ground, options: TrainOptions, standing: Standing, *, cpus: float = 1, gpus: float = 0
) -> np.ndarray:
    """(judged rows, categories) probabilities of experts that learned from all rows of a ground.

    Nothing is chosen on its judged rows: weights, temperatures and epochs are those of the trial.
    """
    chosen = candidates(ground, options, cpus=cpus, gpus=gpus, epochs=standing.epochs)
    logits = {name: candidate.answer(WHOLE) for name, candidate in chosen.items()}
    return together(logits, standing.temperatures, standing.weights)


def together(logits: dict[str, np.ndarray], temperatures: dict[str, float], weights: dict[str, float]) -> np.ndarray:
    """(n, categories) float64 probabilities of one modality's experts, pooled as serving does."""
    votes = np.stack([softmax(logits[name] / temperatures[name], axis=1) for name in logits], axis=1)
    return pool(votes, np.array([weights[name] for name in logits]))


def _weights(ground: Ground, logits: dict[str, np.ndarray], temperatures: dict[str, float]) -> dict[str, float]:
    votes: dict[str, Any] = {
        name: softmax(values / temperatures[name], axis=1).astype(np.float32) for name, values in logits.items()
    }
    experts = [HeldOutExpert(name, ground.modality, vote) for name, vote in votes.items()]
    return search_weights(experts, ground.class_index[ground.judged])
