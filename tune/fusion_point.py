"""A point of the fusion search, how the experts answer there, and how to climb to a likelier one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from bundle.fusion import LEAST_PROBABILITY, pool, softmax, temper
from bundle.manifest import ExpertEntry, Modality
from train.calibration import fit_sharpness, fit_temperature
from train.fusion import LEAST_MODALITY_WEIGHT, modality_objective
from tune.held_out import HeldOutLogits

TEMPERATURE_FACTOR = 2.0
CLIMB_EVALUATIONS = 150


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


def fuse(held_out: HeldOutLogits, point: FusionPoint) -> np.ndarray:
    """(n, categories) fused probabilities by the rule that serving follows, before the situation's temperature.

    `bundle.fusion` is that rule for one situation; this is the same for all rows at once, fast enough for a search.
    """
    total: np.ndarray = np.zeros(1)
    weight: np.ndarray = np.zeros(1)
    for modality in sorted(set(held_out.modalities.values())):
        names = [name for name, own in held_out.modalities.items() if own == modality]
        # A hair of weight lets an expert of weight 0 answer where no other can.
        weights = np.array([max(point.weights[name], 1e-9) for name in names])
        logits = np.stack([held_out.logits[name] for name in names], axis=1)
        present = ~np.isnan(logits).any(axis=(1, 2))[:, None]
        temperatures = np.array([point.temperatures[name] for name in names])[:, None]
        vote = pool(softmax(np.where(present[..., None], logits, 0.0) / temperatures), weights / weights.sum())
        own_weight = np.where(present, weights.sum(), 0.0)
        total, weight = total + own_weight * np.log(np.maximum(vote, LEAST_PROBABILITY)), weight + own_weight
    return softmax(total / weight)


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
