"""Calibrates the final answer on held-out rows, and measures it there."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from bundle.fusion import Fusion, conformal_sets, temper
from bundle.manifest import ConformalEntry, Manifest, Modality, Situation, SituationEntry
from train.calibration import conformal_threshold, fit_sharpness
from train.evaluation import PARTS, Part, pair
from train.fitted import FittedExpert
from train.scores import score

COVERAGE = 0.95
SITUATIONS: dict[Situation, tuple[Modality, ...]] = {"text": ("text",), "image": ("image",), "both": ("text", "image")}


def calibrate(
    manifest: Manifest, fitted: Sequence[FittedExpert], class_index: np.ndarray, groups: np.ndarray
) -> tuple[dict[Situation, SituationEntry], dict[Part, np.ndarray]]:
    """Temperature and conformal threshold of the final answer, apart for text alone, photo alone and both.

    Args:
        class_index, groups: (n,) int, column of the true category and rows that belong together.
    Returns:
        The situations, and by part ("text", "image", "fusion") the (n, categories) held-out answers, NaN where none.
    """
    fusion = Fusion.uncalibrated(manifest)
    experts = {
        modality: np.stack([e.held_out.probabilities for e in fitted if e.modality == modality], axis=1)
        for modality in dict.fromkeys(expert.modality for expert in fitted)
    }
    has_say = {modality: ~np.isnan(votes).any(axis=(1, 2)) for modality, votes in experts.items()}
    answers = {part: np.full((len(class_index), len(manifest.categories)), np.nan, np.float32) for part in PARTS}
    situations: dict[Situation, SituationEntry] = {}
    # "both" comes last: its answers are the fused ones of the rows that the others answered alone before.
    for situation, modalities in SITUATIONS.items():
        if not all(modality in experts for modality in modalities):
            continue
        rows = np.logical_and.reduce([has_say[modality] for modality in modalities])
        if not rows.any():
            continue
        _, fused = fusion.fuse({modality: experts[modality][rows] for modality in modalities})
        temperature = fit_sharpness(fused, class_index[rows])
        answer = temper(fused, temperature).astype(np.float32)
        situations[situation] = SituationEntry(
            temperature=temperature,
            rows=int(rows.sum()),
            conformal=_conformal(
                answer, class_index[rows], groups[rows], least=COVERAGE if manifest.data.synthetic else 0.0
            ),
        )
        answers["fusion"][rows] = answer
        if situation != "both":
            answers[situation][rows] = answer
    return situations, answers


def measure(answers: dict[Part, np.ndarray], class_index: np.ndarray) -> dict[str, Any]:
    """Scores of the held-out answers, in the shape of `rayonnage evaluate --json`."""
    answered = {part: ~np.isnan(values[:, 0]) for part, values in answers.items()}
    metrics: dict[str, Any] = {
        part: score(values[answered[part]], class_index[answered[part]]).as_json() if answered[part].any() else None
        for part, values in answers.items()
    }
    both = answered["text"] & answered["image"]
    metrics["paired"] = pair(answers, class_index, both).as_json() if both.any() else None
    return metrics


def _conformal(
    probabilities: np.ndarray, class_index: np.ndarray, groups: np.ndarray, *, least: float = 0.0
) -> ConformalEntry | None:
    """The threshold chosen on all rows, and how often one chosen on half of the groups holds on the other half.

    Args:
        least: threshold that no set stays below. Synthetic rows are easier than the real ones that the model will meet:
            a set must then be as sure by its own probabilities as the promise says.
    """
    try:
        threshold = max(conformal_threshold(probabilities, class_index, COVERAGE), least)
    except ValueError:
        return None
    half = np.random.default_rng(0).permutation(groups.max() + 1)[groups] % 2 == 0
    held = []
    for chosen in (half, ~half):
        try:
            of_half = max(conformal_threshold(probabilities[chosen], class_index[chosen], COVERAGE), least)
        except ValueError:
            return ConformalEntry(coverage=COVERAGE, threshold=threshold)
        sets = conformal_sets(probabilities[~chosen], of_half)
        held += [truth in members for truth, members in zip(class_index[~chosen], sets, strict=True)]
    return ConformalEntry(coverage=COVERAGE, threshold=threshold, measured=float(np.mean(held)))
