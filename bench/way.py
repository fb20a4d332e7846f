"""Ways to answer the same rows (one expert, a modality, all fused, a baseline), and how each is judged."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from scipy.special import softmax

from bundle.expert import open_expert
from bundle.fusion import Fusion, conformal_sets
from bundle.manifest import CategoryEntry, DataEntry, Manifest, Modality, Situation
from bundle.text import CleanText
from datasets.dataset import Dataset
from train.calibration import conformal_threshold
from train.fitted import FittedExpert
from train.measure import COVERAGE, calibrate
from train.pipeline import new_manifest
from train.pixels import pixels_of
from train.rows import Rows
from train.scores import Difference, Scores, difference, score

BATCH: dict[Modality, int] = {"text": 256, "image": 32}
FUSED = "fused"
BOTH = "rows with both: "


@dataclass(frozen=True, slots=True)
class Answers:
    """What one way said about n rows.

    Attributes:
        class_index: (n,) int, column of the true category.
        plain, probabilities: (n, categories) before and after calibration; the same for a way that is not calibrated.
        covered, set_size: (n,) whether the conformal set holds the true category, and its categories; NaN without one.
        calibrated: the numbers are probabilities.
    """

    class_index: np.ndarray
    plain: np.ndarray
    probabilities: np.ndarray
    covered: np.ndarray
    set_size: np.ndarray
    calibrated: bool = True


@dataclass(frozen=True, slots=True)
class WayScores:
    """How good a way is. What a way that is not calibrated says of its sureness is None."""

    scores: Scores
    error_before: float | None
    error_after: float | None
    coverage: float | None
    set_size: float | None
    seconds: float | None


@dataclass(slots=True)
class Ways:
    """Every way by its name, over all folds."""

    answers: dict[str, list[Answers]] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)

    def extend(self, found: dict[str, Answers], seconds: dict[str, float]) -> None:
        for name, answers in found.items():
            self.answers.setdefault(name, []).append(answers)
        for name, took in seconds.items():
            self.seconds[name] = self.seconds.get(name, 0.0) + took

    def add_baseline(self, name: str, margins: np.ndarray, class_index: np.ndarray, seconds: float) -> None:
        nothing = np.full(len(class_index), np.nan)
        self.extend({name: Answers(class_index, margins, margins, nothing, nothing, False)}, {name: seconds})

    def joined(self, name: str) -> Answers:
        """One way's answers of all folds, one after the other."""
        parts = self.answers[name]
        columns = ("class_index", "plain", "probabilities", "covered", "set_size")
        arrays = {column: np.concatenate([getattr(part, column) for part in parts]) for column in columns}
        return Answers(**arrays, calibrated=parts[0].calibrated)

    def score(self, name: str) -> WayScores:
        answers = self.joined(name)
        scores = score(answers.probabilities, answers.class_index)
        seconds = self.seconds.get(name)
        if not answers.calibrated:
            return WayScores(scores, None, None, None, None, seconds)
        promised = ~np.isnan(answers.covered)
        return WayScores(
            scores,
            score(answers.plain, answers.class_index, draws=1).expected_calibration_error,
            scores.expected_calibration_error,
            float(answers.covered[promised].mean()) if promised.any() else None,
            float(answers.set_size[promised].mean()) if promised.any() else None,
            seconds,
        )

    def gain(self, name: str, over: str) -> Difference:
        """Weighted F1 of one way minus that of another, which answered the same rows."""
        ours, theirs = self.joined(name), self.joined(over)
        return difference(ours.probabilities, theirs.probabilities, ours.class_index)


def fold_ways(
    rows: Rows, judged: Rows, fitted: Sequence[FittedExpert], learned: Dataset, *, staging: Path
) -> dict[str, Answers]:
    """What every way says about the rows that are judged; all was fitted, weighed and calibrated on `rows`."""
    manifest = _manifest(fitted, rows, learned)
    logits = {expert.name: _logits(expert, judged, staging=staging) for expert in fitted}
    ways: dict[str, Answers] = {}
    for expert in fitted:
        there = _reads(judged, expert.modality)
        told = expert.held_out.probabilities[expert.held_out.has_say]
        try:
            threshold = conformal_threshold(told, rows.class_index[expert.held_out.has_say], COVERAGE)
        except ValueError:
            threshold = None
        probabilities = softmax(logits[expert.name] / expert.temperature, axis=1)
        plain = softmax(logits[expert.name], axis=1)
        ways[expert.name] = _answers(judged.class_index[there], plain, probabilities, threshold)
    votes: dict[Modality, np.ndarray] = {}
    places: dict[Modality, np.ndarray] = {}
    for modality in dict.fromkeys(expert.modality for expert in fitted):
        members = [expert for expert in fitted if expert.modality == modality]
        votes[modality] = np.stack([softmax(logits[e.name] / e.temperature, axis=1) for e in members], axis=1)
        places[modality] = np.flatnonzero(_reads(judged, modality))
        if len(members) > 1:
            class_index = judged.class_index[places[modality]]
            ways[pool_name(fitted, modality)] = _situation(manifest, {modality: votes[modality]}, class_index)
    if len(votes) == 2:
        ways |= _fused(manifest, votes, places, judged.class_index)
    return ways


def pool_name(fitted: Sequence[FittedExpert], modality: Modality) -> str:
    """What a modality's experts together are called, for example `linear + e5`."""
    return " + ".join(expert.name for expert in fitted if expert.modality == modality)


def _fused(
    manifest: Manifest, votes: dict[Modality, np.ndarray], places: dict[Modality, np.ndarray], class_index: np.ndarray
) -> dict[str, Answers]:
    """The fused answer to all rows, and all three parts on the rows with both."""
    both, of_text, of_image = np.intersect1d(places["text"], places["image"], return_indices=True)
    alone: dict[Modality, np.ndarray] = {m: ~np.isin(places[m], both) for m in votes}
    parts = [
        _situation(manifest, {m: votes[m][alone[m]]}, class_index[places[m][alone[m]]]) for m in votes if alone[m].any()
    ]
    if not len(both):
        return {FUSED: _stack(parts)}
    paired: dict[Modality, np.ndarray] = {"text": votes["text"][of_text], "image": votes["image"][of_image]}
    together = _situation(manifest, paired, class_index[both])
    ways = {FUSED: _stack([*parts, together])}
    for modality, said in paired.items():
        ways[f"{BOTH}{modality}"] = _situation(manifest, {modality: said}, class_index[both])
    return ways | {f"{BOTH}{FUSED}": together}


def _situation(manifest: Manifest, experts: dict[Modality, np.ndarray], class_index: np.ndarray) -> Answers:
    """The answer that serving gives to rows that bring just these modalities."""
    situation: Situation = next(iter(experts)) if len(experts) == 1 else "both"
    fused = Fusion(manifest).fuse(experts)[1]
    plain = Fusion.uncalibrated(manifest).fuse(experts)[1]
    entry = manifest.situations.get(situation)
    threshold = entry.conformal.threshold if entry and entry.conformal else None
    return _answers(class_index, plain, fused, threshold)


def _answers(class_index: np.ndarray, plain: np.ndarray, probabilities: np.ndarray, threshold: float | None) -> Answers:
    covered, sizes = np.full(len(class_index), np.nan), np.full(len(class_index), np.nan)
    if threshold is not None:
        sets = conformal_sets(probabilities, threshold)
        covered = np.array([truth in members for truth, members in zip(class_index, sets, strict=True)], float)
        sizes = np.array([len(members) for members in sets], float)
    return Answers(class_index, plain, probabilities, covered, sizes)


def _stack(parts: Sequence[Answers]) -> Answers:
    ways = Ways()
    for part in parts:
        ways.extend({FUSED: part}, {})
    return ways.joined(FUSED)


def _reads(rows: Rows, modality: Modality) -> np.ndarray:
    return rows.has_text if modality == "text" else rows.has_photo


def _logits(expert: FittedExpert, judged: Rows, *, staging: Path) -> np.ndarray:
    """(n, categories) of the rows that the expert can read, by its served form."""
    opened = open_expert(staging, expert.entry(0.0), threads=None, device="cpu")
    places = np.flatnonzero(_reads(judged, expert.modality))
    read = _texts if expert.modality == "text" else _pixels
    step = BATCH[expert.modality]
    parts = [opened.logits(read(judged, places[start : start + step])) for start in range(0, len(places), step)]
    return np.concatenate(parts) if parts else np.empty((0, expert.logits.shape[1]), np.float32)


def _texts(rows: Rows, places: np.ndarray) -> list[CleanText]:
    return [rows.texts[place] for place in places]


def _pixels(rows: Rows, places: np.ndarray) -> np.ndarray:
    return pixels_of([photo for place in places if (photo := rows.photos[place]) is not None])


def _manifest(fitted: Sequence[FittedExpert], rows: Rows, learned: Dataset) -> Manifest:
    """What a bundle of these experts would say of weights and calibration."""
    categories = [CategoryEntry.unnamed(code) for code in learned.codes]
    data = DataEntry(fingerprint="", rows=len(rows.class_index), synthetic=learned.synthetic)
    manifest = new_manifest(categories, data, fitted, rows.class_index)
    manifest.situations, _ = calibrate(manifest, fitted, rows.class_index, rows.groups)
    return manifest
