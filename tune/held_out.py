"""The logits that training kept of rows no expert had seen, and their halves to search on and to judge on."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bundle.manifest import ExpertEntry, Modality
from datasets.split import group_folds
from tune.error import TuneError

MOST_ROWS = 10_000
"""Rows to search on, at most: more cost time and move no weight."""


@dataclass(frozen=True, slots=True)
class HeldOutLogits:
    """What every expert of a bundle said about rows it was not trained on.

    Attributes:
        modalities: expert -> what it reads; the order of the experts everywhere.
        logits: expert -> (n, categories) float32, rows of NaN where its modality has no say. The experts of one
            modality have a say in the same rows, and each row has one at least.
        class_index: (n,) int, column of the true category.
        groups: (n,) int, rows that belong together.
    """

    modalities: dict[str, Modality]
    logits: dict[str, np.ndarray]
    class_index: np.ndarray
    groups: np.ndarray

    @classmethod
    def read(cls, path: Path, experts: Sequence[ExpertEntry]) -> "HeldOutLogits":
        """Read a bundle's `held_out.npz`, leaving out what no expert answered.

        A row that only some experts of a modality answered counts as one without that modality: serving always asks
        all of them.

        Raises:
            TuneError: the bundle keeps no held-out logits.
        """
        if not path.is_file():
            raise TuneError(f"{path}: this bundle keeps no held-out logits: train again (`rayonnage train --data DIR`)")
        with np.load(path, allow_pickle=False) as arrays:
            class_index, groups = arrays["class_index"], arrays["groups"]
            logits = {expert.name: arrays[f"logits_{expert.name}"].astype(np.float32) for expert in experts}
        modalities = {expert.name: expert.modality for expert in experts}
        for modality in set(modalities.values()):
            members = [name for name, reads in modalities.items() if reads == modality]
            silent_rows = np.logical_or.reduce([np.isnan(logits[name]).any(axis=1) for name in members])
            for name in members:
                logits[name][silent_rows] = np.nan
        answered = np.logical_or.reduce([~np.isnan(values[:, 0]) for values in logits.values()])
        return cls(modalities, logits, class_index, groups).of(answered)

    @property
    def situations(self) -> np.ndarray:
        """(n,) int: 1 text alone, 2 photo alone, 3 both."""
        bits = np.zeros(len(self.class_index), int)
        for name, modality in self.modalities.items():
            bits |= np.where(np.isnan(self.logits[name][:, 0]), 0, 1 if modality == "text" else 2)
        return bits

    def of(self, rows: np.ndarray) -> "HeldOutLogits":
        """The same for some rows."""
        logits = {name: values[rows] for name, values in self.logits.items()}
        return HeldOutLogits(self.modalities, logits, self.class_index[rows], self.groups[rows])


def halves(held_out: HeldOutLogits, *, seed: int = 0) -> tuple[HeldOutLogits, HeldOutLogits]:
    """The rows of one half of the groups, to search on, and those of the other, to judge on.

    Raises:
        TuneError: all rows belong together.
    """
    if len(np.unique(held_out.groups)) < 2:
        raise TuneError("the held-out rows are one group: a search needs rows to search on and others to judge on")
    fold = group_folds(held_out.class_index, held_out.groups, folds=2, seed=seed)
    searched, unseen = np.flatnonzero(fold == 0), np.flatnonzero(fold == 1)
    if len(searched) > MOST_ROWS:
        searched = np.sort(np.random.default_rng(seed).choice(searched, MOST_ROWS, replace=False))
    return held_out.of(searched), held_out.of(unseen)
