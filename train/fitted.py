"""What the fit of one expert is given, and what it comes to."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import softmax

from bundle.manifest import CategoryEntry, ExpertEntry, Modality
from datasets.progress import Progress, silent
from train.fusion import HeldOutExpert
from train.loop import OnEpoch, unheard
from train.options import TrainOptions
from train.rows import Rows

if TYPE_CHECKING:
    from bundle.expert_linear import Vocabulary


@dataclass(frozen=True, slots=True)
class Kept:
    """What a small training keeps of the champion, beside the features that are frozen anyway.

    Attributes:
        categories: all that the champion knows, in its order; the rows at hand may lack some.
        vocabulary: of its `linear`, or None where it has none.
    """

    categories: list[CategoryEntry]
    vocabulary: "Vocabulary | None"


@dataclass(frozen=True, slots=True)
class FittedExpert:
    """An expert whose files are written, with its logits (n, categories) for rows it never saw (NaN elsewhere)."""

    name: str
    modality: Modality
    logits: np.ndarray
    temperature: float

    def entry(self, weight: float) -> ExpertEntry:
        """What a manifest says of it."""
        return ExpertEntry(
            name=self.name,
            modality=self.modality,
            directory=f"{self.modality}/{self.name}",
            temperature=self.temperature,
            weight=min(1.0, weight),
        )

    @property
    def held_out(self) -> HeldOutExpert:
        probabilities = softmax(self.logits / self.temperature, axis=1).astype(np.float32)
        return HeldOutExpert(self.name, self.modality, probabilities)


@dataclass(frozen=True, slots=True)
class Fit:
    """One expert to fit.

    Attributes:
        rows: what to learn from; `categories`: columns of the logits.
        directory: where the expert's files go.
        cache_dir: features of frozen backbones, kept between trainings.
        kept: of the champion, or None where all is learned anew.
        work_dir: what a stopped training goes on from, or None where it starts over.
        on_epoch: told every epoch of Keras.
    """

    rows: Rows
    options: TrainOptions
    categories: int
    directory: Path
    cache_dir: Path
    progress: Progress = silent
    kept: Kept | None = None
    work_dir: Path | None = None
    on_epoch: OnEpoch = unheard
