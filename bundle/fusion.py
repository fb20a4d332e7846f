"""Turns what the experts say into one answer. Numpy only: the router fuses without loading a model."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from bundle.error import UnusableListingError
from bundle.manifest import Manifest, Modality, Situation, SituationEntry

MODALITIES: tuple[Modality, ...] = ("text", "image")
LEAST_PROBABILITY = 1e-6
"""In a pool: an expert who is sure and wrong has no veto."""

Votes = Sequence[np.ndarray | None] | np.ndarray
"""For each listing (experts, categories) probabilities or None; an (n, experts, categories) array serves too."""


@dataclass(slots=True)
class Vote:
    """What one modality says by itself.

    Attributes:
        weight: its share in the answer; the shares of a listing's votes add up to 1.
        probabilities: (categories,) float32.
    """

    weight: float
    probabilities: np.ndarray


@dataclass(slots=True)
class Prediction:
    """The answer for one listing.

    Attributes:
        probabilities: (categories,) float32, add up to 1, in the order of the manifest's categories.
        category_set: class indices, most probable first: one of them is right `coverage` of the time.
        coverage: the promise of `category_set`; None (and an empty set) where the bundle makes none.
        measured: how often such sets held when they were measured; None where they were not.
        votes: by modality; None had no say.
        absent: modalities that the listing did not bring.
        degraded: modalities that it brought and that were not used.
        photo_error: why the photo could not be used; then `image` is absent.
    """

    probabilities: np.ndarray
    category_set: list[int]
    coverage: float | None
    votes: dict[Modality, Vote | None]
    absent: list[Modality]
    degraded: list[Modality]
    photo_error: str | None = None
    measured: float | None = None

    @property
    def ranking(self) -> np.ndarray:
        """(categories,) class indices, most probable first; equal ones in the manifest's order."""
        return np.argsort(-self.probabilities, kind="stable")


class Fusion:
    """Turns the votes of a bundle's experts into answers.

    The experts of a modality are pooled, and the pools of both modalities once more by the modalities' weights. Then
    come the situation's temperature and its conformal set. A modality's vote is its answer to a listing that brings
    nothing else.
    """

    def __init__(self, manifest: Manifest) -> None:
        self._situations = manifest.situations
        self._adds = manifest.fusion == "sum"
        self._expert_shares: dict[Modality, np.ndarray] = {}
        self._modality_weights: dict[Modality, float] = {}
        for modality in MODALITIES:
            weights = np.array([expert.weight for expert in manifest.experts_of(modality)], np.float64)
            self._modality_weights[modality] = float(weights.sum())
            if not weights.any():
                # A modality without weight still answers a listing that brings nothing else.
                weights = np.ones_like(weights)
            self._expert_shares[modality] = weights / max(weights.sum(), 1e-9)

    @classmethod
    def uncalibrated(cls, manifest: Manifest) -> Self:
        """Gives answers as they are before a situation's temperature, and no sets."""
        return cls(manifest.model_copy(update={"situations": {}}))

    def answer(
        self, text: Votes | None, image: Votes | None, *, degraded: Sequence[Collection[Modality]] | None = None
    ) -> list[Prediction]:
        """Answer a list of listings.

        Args:
            text, image: for each listing the (experts, categories) calibrated probabilities of that modality's experts
                in the manifest's order, or None where it has no say; None instead of the list where it has none in any.
            degraded: for each listing the modalities that it brought and that were not asked or did not answer.
        Raises:
            UnusableListingError: neither modality has a say in a listing.
        """
        given: dict[Modality, Votes] = {}
        if text is not None:
            given["text"] = text
        if image is not None:
            given["image"] = image
        rows = max((len(votes) for votes in given.values()), default=0)
        lost = degraded if degraded is not None else [()] * rows
        groups: dict[tuple[Modality, ...], list[int]] = {}
        for row in range(rows):
            has_say = tuple(modality for modality, votes in given.items() if votes[row] is not None)
            if not has_say:
                raise UnusableListingError(row, "neither its text nor its photo could be asked")
            groups.setdefault(has_say, []).append(row)

        predictions: list[Prediction | None] = [None] * rows
        for has_say, members in groups.items():
            experts = {m: np.stack([np.asarray(given[m][row]) for row in members]) for m in has_say}
            votes, fused = self.fuse(experts)
            conformal = self._situation(has_say).conformal
            sets = conformal_sets(fused, conformal.threshold) if conformal else [[] for _ in members]
            shares = self._shares(has_say)
            for place, row in enumerate(members):
                predictions[row] = Prediction(
                    probabilities=fused[place],
                    category_set=sets[place],
                    coverage=conformal.coverage if conformal else None,
                    votes={m: Vote(shares[m], votes[m][place]) if m in votes else None for m in MODALITIES},
                    absent=[m for m in MODALITIES if m not in has_say and m not in lost[row]],
                    degraded=[m for m in MODALITIES if m not in has_say and m in lost[row]],
                    measured=conformal.measured if conformal else None,
                )
        return [prediction for prediction in predictions if prediction is not None]

    def fuse(self, experts: dict[Modality, np.ndarray]) -> tuple[dict[Modality, np.ndarray], np.ndarray]:
        """Votes and answers of listings that all bring the same modalities.

        Args:
            experts: by modality (n, experts, categories) calibrated probabilities.
        Returns:
            By modality (n, categories) float32 votes, and (n, categories) float32 fused probabilities.
        """
        pools = {modality: pool(said, self._expert_shares[modality]) for modality, said in experts.items()}
        votes = {modality: self._tempered((modality,), pooled) for modality, pooled in pools.items()}
        if len(pools) == 1:
            return votes, next(iter(votes.values()))
        shares = self._shares(tuple(experts))
        by_modality, weights = np.stack(list(pools.values()), axis=1), np.array([shares[m] for m in pools])
        fused = weights @ by_modality if self._adds else pool(by_modality, weights)
        return votes, self._tempered(tuple(experts), fused)

    def vote(self, modality: Modality, experts: np.ndarray) -> np.ndarray:
        """What one modality says by itself: its answer to a listing that brings nothing else.

        Args:
            experts: (n, experts, categories) calibrated probabilities.
        Returns:
            (n, categories) float32.
        """
        return self.fuse({modality: experts})[1]

    def _tempered(self, has_say: tuple[Modality, ...], probabilities: np.ndarray) -> np.ndarray:
        return temper(probabilities, self._situation(has_say).temperature).astype(np.float32)

    def _shares(self, has_say: tuple[Modality, ...]) -> dict[Modality, float]:
        if len(has_say) == 1:
            return {has_say[0]: 1.0}
        total = sum(self._modality_weights[modality] for modality in has_say)
        return {modality: self._modality_weights[modality] / total for modality in has_say}

    def _situation(self, has_say: tuple[Modality, ...]) -> SituationEntry:
        situation: Situation = has_say[0] if len(has_say) == 1 else "both"
        return self._situations.get(situation) or SituationEntry(temperature=1, rows=0, conformal=None)


def pool(probabilities: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Geometric mean of opinions, so that two who agree say more together than each alone, and doubt does not count.

    A mean would be as unsure as either. On real listings the pool of two text experts has half a point of F1 more than
    their mean, a whole one where the training was on unlike listings; that of text and photo one to two points more.

    Args:
        probabilities: (…, experts, categories).
        shares: (experts,), adding up to 1.
    Returns:
        (…, categories) float64, adding up to 1.
    Source: Genest and Zidek 1986 (logarithmic opinion pool).
    """
    logarithms = np.log(np.maximum(probabilities.astype(np.float64), LEAST_PROBABILITY))
    return softmax(np.einsum("e,...ec->...c", shares, logarithms))


def temper(probabilities: np.ndarray, temperature: float) -> np.ndarray:
    """p ** (1 / temperature), each row (n, categories) adding up to 1 again; above 1 makes it less sure."""
    logarithm = np.log(np.maximum(probabilities, 1e-30)) / temperature
    return softmax(logarithm)


def softmax(logits: np.ndarray) -> np.ndarray:
    """Rows (…, categories) of any size to float64 probabilities."""
    exponential = np.exp(logits.astype(np.float64) - logits.max(axis=-1, keepdims=True))
    return exponential / exponential.sum(axis=-1, keepdims=True)


def conformal_sets(probabilities: np.ndarray, threshold: float) -> list[list[int]]:
    """The fewest most probable categories that together reach the threshold.

    Args:
        probabilities: (n, categories), rows add up to 1.
        threshold: from held-out rows; at most all categories are taken.
    Returns:
        For each row class indices, most probable first, at least one.
    Source: Romano, Sesia, Candès 2020 (adaptive prediction sets), without randomisation.
    """
    order = np.argsort(-probabilities, axis=1, kind="stable")
    reached = np.cumsum(np.take_along_axis(probabilities, order, axis=1), axis=1, dtype=np.float64)
    sizes = np.minimum((reached < threshold).sum(axis=1) + 1, probabilities.shape[1])
    return [row[:size].tolist() for row, size in zip(order, sizes, strict=True)]
