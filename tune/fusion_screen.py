"""Tries thousands of fusion points in seconds: all on a few rows, the best on more, the best of those on all.

Source: Jamieson and Talwalkar 2016 (successive halving).
"""

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from bundle.fusion import LEAST_PROBABILITY
from datasets.progress import Progress, silent
from train.scores import weighted_f1
from tune.fusion_point import TEMPERATURE_FACTOR, FusionPoint, climb, fuse, normalised
from tune.fusion_trial import SMALLEST_SHARE, Trial
from tune.held_out import HeldOutLogits

FIRST_ROWS, SECOND_ROWS = 400, 1500
SECOND_SHARE = 1 / 10
"""Of the points that are tried on more rows."""
WHOLE_POINTS = 20
"""Points that are tried on all rows."""
CLIMBS, CLIMB_ROWS, CLIMB_EVALUATIONS = 2, 2000, 100
"""So many start near the top that two short climbs, on a part of the rows, come to it."""
LEAST_LOGARITHM = np.float32(np.log(LEAST_PROBABILITY))
CELLS = 200_000
"""Numbers in an array at one time: 0.8 MB stay in a core's cache."""
ROUGH_ROUNDS, ROUNDS = 4, 8
"""Of Newton's method: with 4 a likelihood is right to a thousandth on points that are worth keeping."""


def screen(
    held_out: HeldOutLogits,
    current: FusionPoint,
    *,
    centre: Mapping[str, float],
    trials: int,
    seed: int = 0,
    progress: Progress = silent,
) -> list[Trial]:
    """Try `trials` points, the first where the bundle stands, and climb from the best few.

    Args:
        centre: temperatures to stay around, from `tune.fusion_point.calibrated`.
    Returns:
        All trials: those tried on all rows first, best first, then those that were given up on fewer.
    """
    points = [current, *random_points(held_out, trials - 1, centre=centre, seed=seed)]
    order = np.random.default_rng(seed).permutation(len(held_out.class_index))
    left = np.arange(trials)
    given_up: list[Trial] = []
    progress("trials", 0, trials)
    for rows, keep in ((FIRST_ROWS, max(WHOLE_POINTS, int(trials * SECOND_SHARE))), (SECOND_ROWS, WHOLE_POINTS)):
        if len(left) <= keep or rows >= len(order):
            continue
        tried = [points[number] for number in left]
        values = likelihoods(held_out.of(order[:rows]), tried, rounds=ROUGH_ROUNDS)
        ranked = np.argsort(-values, kind="stable")
        given_up += [
            Trial(int(left[place]), points[left[place]], points[left[place]], float(values[place]), None, rows)
            for place in ranked[keep:]
        ]
        left = left[ranked[:keep]]
        progress("trials", len(given_up), trials)
    whole = _on_all_rows(held_out, points, left.tolist(), centre=centre, part=order[:CLIMB_ROWS])
    progress("trials", trials, trials)
    later_first = sorted(given_up, key=lambda trial: (-trial.rows, -trial.log_likelihood))
    return [*whole, *later_first]


def _on_all_rows(
    held_out: HeldOutLogits,
    points: Sequence[FusionPoint],
    numbers: list[int],
    *,
    centre: Mapping[str, float],
    part: np.ndarray,
) -> list[Trial]:
    """Trials of points on all rows, the best few at the end of their climb; best first."""
    values = likelihoods(held_out, [points[number] for number in numbers], rounds=ROUGH_ROUNDS)
    ranked = [numbers[place] for place in np.argsort(-values, kind="stable")]
    climbed_on = held_out.of(part)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        ends = dict(
            zip(
                ranked[:CLIMBS],
                pool.map(
                    lambda number: climb(climbed_on, points[number], centre=centre, evaluations=CLIMB_EVALUATIONS),
                    ranked[:CLIMBS],
                ),
                strict=True,
            )
        )
    found = []
    reached = [ends.get(number, points[number]) for number in ranked]
    for number, point, value in zip(ranked, reached, likelihoods(held_out, reached), strict=True):
        f1 = weighted_f1(fuse(held_out, point), held_out.class_index)
        found.append(Trial(number, points[number], point, float(value), f1, len(held_out.class_index)))
    return sorted(found, key=lambda trial: -trial.log_likelihood)


def random_points(held_out: HeldOutLogits, count: int, *, centre: Mapping[str, float], seed: int) -> list[FusionPoint]:
    """Any mixture of the experts, at temperatures around the calibrated ones; the space that Ray Tune searches too."""
    names, random = list(held_out.modalities), np.random.default_rng(seed)
    shares = random.uniform(SMALLEST_SHARE, 1, (count, len(names)))
    factors = TEMPERATURE_FACTOR ** random.uniform(-1, 1, (count, len(names)))
    return [
        FusionPoint(
            normalised(dict(zip(names, share, strict=True)), held_out.modalities),
            {name: float(centre[name] * factor) for name, factor in zip(names, own, strict=True)},
        )
        for share, own in zip(shares.tolist(), factors.tolist(), strict=True)
    ]


def likelihoods(held_out: HeldOutLogits, points: Sequence[FusionPoint], *, rounds: int = ROUNDS) -> np.ndarray:
    """(points,) float64, `tune.fusion_point.likelihood` of each, many at a time in float32."""
    rows, categories = next(iter(held_out.logits.values())).shape
    step = max(1, CELLS // (rows * categories))
    chunks = [points[start : start + step] for start in range(0, len(points), step)]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        total = np.zeros(len(points))
        for situation in np.unique(held_out.situations):
            part = held_out.of(np.flatnonzero(held_out.situations == situation))
            means = pool.map(lambda chunk, part=part: _mean_log_probability(part, chunk, rounds), chunks)
            total += np.concatenate(list(means)) * len(part.class_index)
    return total / rows


def _mean_log_probability(part: HeldOutLogits, points: Sequence[FusionPoint], rounds: int) -> np.ndarray:
    """(points,) over rows of one situation, tempered as suits them best.

    Nothing is shifted before its exponential: no logarithm here is above 0, and one in every row is near enough to it.
    """
    total = np.zeros((), np.float32)
    of_points = np.zeros((len(points), 1, 1), np.float32)
    for modality in sorted(set(part.modalities.values())):
        names = [name for name, own in part.modalities.items() if own == modality]
        if np.isnan(part.logits[names[0]][0, 0]):
            continue
        weights = np.array([[max(p.weights[name], 1e-9) for name in names] for p in points], np.float32)
        temperatures = np.array([[p.temperatures[name] for name in names] for p in points], np.float32)
        own_weight = weights.sum(axis=1)[:, None, None]
        pooled = np.zeros((), np.float32)
        for place, name in enumerate(names):
            logits = part.logits[name]
            logs = (logits - logits.max(axis=1, keepdims=True)) / temperatures[:, place, None, None]
            logs -= np.log(np.exp(logs).sum(axis=2, keepdims=True))
            np.maximum(logs, LEAST_LOGARITHM, out=logs)
            logs *= weights[:, place, None, None] / own_weight
            pooled = pooled + logs
        pooled -= np.log(np.exp(pooled).sum(axis=2, keepdims=True))
        np.maximum(pooled, LEAST_LOGARITHM, out=pooled)
        total = total + own_weight * pooled
        of_points = of_points + own_weight
    logs = total / of_points
    logs -= logs.max(axis=2, keepdims=True)
    return _tempered_mean(logs, logs[:, np.arange(len(part.class_index)), part.class_index], rounds)


def _tempered_mean(logs: np.ndarray, of_truth: np.ndarray, rounds: int) -> np.ndarray:
    """Newton's steps of `train.fusion.log_likelihoods`, for every point at once."""
    sharpness = np.ones((len(logs), 1), np.float32)
    squared = logs * logs
    for _ in range(rounds):
        tempered = np.exp(logs * sharpness[..., None])
        whole = tempered.sum(axis=2)
        mean = np.einsum("prc,prc->pr", tempered, logs) / whole
        variance = np.einsum("prc,prc->pr", tempered, squared) / whole - mean**2
        step = (of_truth - mean).mean(axis=1) / np.maximum(variance.mean(axis=1), 1e-9)
        sharpness = np.clip(sharpness + step[:, None], sharpness / 2, sharpness * 2)
    normaliser = np.log(np.exp(logs * sharpness[..., None]).sum(axis=2))
    means: np.ndarray = (sharpness * of_truth - normaliser).mean(axis=1, dtype=np.float64)
    return means
