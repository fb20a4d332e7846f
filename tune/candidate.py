"""An expert under trial settings, and how much it has learned after each part of a trial's budget."""

from collections.abc import Callable
from typing import Protocol

import numpy as np

from train.options import TrainOptions
from tune.material import Ground

WHOLE = 100
"""The budget of a trial that runs to its end, in percent."""

SHARES = (25, 50, WHOLE)
"""Percent of the rows that an expert without epochs learns from, one after the other."""


class Candidate(Protocol):
    """An expert under trial.

    Attributes:
        budgets: percent of the whole budget after which it answers otherwise than before, ascending, the last is 100.
        epochs: after which it answered best, or None where it knows no epochs.
    """

    budgets: tuple[int, ...]
    epochs: int | None

    def answer(self, budget: int) -> np.ndarray:
        """(judged rows, categories) float32 logits after a budget; budgets are asked for in ascending order.

        Raises:
            DivergedError: the loss is no number any more.
        """
        ...


def candidates(
    ground: Ground, options: TrainOptions, *, cpus: float, gpus: float = 0, epochs: dict[str, int] | None = None
) -> dict[str, Candidate]:
    """The experts that options name.

    Args:
        cpus, gpus: that Keras may use.
        epochs: by expert, after which to stop and to answer, where that is known; else the best epoch on the judged
            rows answers, as in a training.
    """
    return {
        name: _candidate(name, ground, options, cpus=cpus, gpus=gpus, epochs=(epochs or {}).get(name))
        for name in (*options.text, *options.image)
    }


def _candidate(
    name: str, ground: Ground, options: TrainOptions, *, cpus: float, gpus: float, epochs: int | None
) -> Candidate:
    if name == "linear":
        return Refitted(ground, lambda places: _fit_linear(ground, options, places))
    if name == "lite0" or (name == "e5" and not options.fine_tune):
        return Refitted(ground, lambda places: _fit_head(name, ground, options, places))
    from tune.keras_trial import KerasCandidate, plan_of

    return KerasCandidate(ground, plan_of(name, ground, options, gpus=gpus), cpus=cpus, gpus=gpus, epochs=epochs)


class Refitted:
    """An expert without epochs: fitted anew on more of the rows each time.

    Args:
        fit: places of rows -> (judged rows, categories) logits.
    """

    budgets: tuple[int, ...] = SHARES
    epochs: int | None = None

    def __init__(self, ground: Ground, fit: Callable[[np.ndarray], np.ndarray]) -> None:
        self._ground, self._fit = ground, fit
        self._share, self._logits = 0, np.zeros((0, ground.categories), np.float32)

    def answer(self, budget: int) -> np.ndarray:
        share = max((share for share in SHARES if share <= budget), default=SHARES[0])
        if share != self._share:
            trained = self._ground.trained
            self._logits = self._fit(trained[: max(2, len(trained) * share // WHOLE)]).astype(np.float32)
            self._share = share
        return self._logits


def _fit_linear(ground: Ground, options: TrainOptions, places: np.ndarray) -> np.ndarray:
    from bundle.expert_linear import STEEPNESS, margin_logits
    from train.linear import fit_classifiers

    terms, labels = ground.inputs["linear"], ground.class_index[places]
    coef, bias = fit_classifiers(
        terms[places], labels, categories=ground.categories, seed=options.seed, settings=options.linear
    )
    return margin_logits(terms[ground.judged] @ coef + bias, STEEPNESS)


def _fit_head(name: str, ground: Ground, options: TrainOptions, places: np.ndarray) -> np.ndarray:
    """A head that learns from all readings of a row (rows of NaN are none); the first one is answered."""
    from train.softmax_head import each_reading, fit_softmax_head

    features = ground.inputs[name]
    readings = features.reshape(len(features), -1, features.shape[-1])
    flat, labels = each_reading(readings[places], ground.class_index[places])
    coef, bias = fit_softmax_head(
        flat,
        labels,
        categories=ground.categories,
        inverse_regularisation=getattr(options, name).inverse_regularisation,
        seed=options.seed,
    )
    logits: np.ndarray = readings[ground.judged, 0] @ coef + bias
    return logits
