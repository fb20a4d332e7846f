"""What all trials of a sweep share: prepared rows, and which of them are learned from, judged on and kept apart."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp

from bundle.manifest import Modality
from bundle.text import CleanText
from datasets.dataset import Dataset
from datasets.progress import Progress, silent
from train.options import TrainOptions
from train.rows import labelled_rows
from tune.error import TuneError

REPORT_FOLD = 0
"""No trial sees it: the best settings are compared with the defaults there, once, when all trials have ended."""

SEARCH_FOLD = 1
"""Every trial is judged on it."""


@dataclass(frozen=True, slots=True)
class TokenInput:
    """Texts as token ids (n, tokens) int32, by a vocabulary of the rows that are learned from."""

    token_ids: np.ndarray
    vocabulary: int


@dataclass(frozen=True, slots=True)
class FineTuneInput:
    """What all of `e5` is trained from.

    Attributes:
        piece_ids: (n, 2, pieces) int32, two readings of each row.
        coef, bias: of the head that it starts with, fitted on rows that are learned from.
    """

    piece_ids: np.ndarray
    coef: np.ndarray
    bias: np.ndarray


@dataclass(frozen=True, slots=True)
class Ground:
    """Rows to fit on and rows to judge on, in the form that each expert reads.

    Attributes:
        class_index: (n,) int of all rows.
        trained, judged: (…,) int, places in the rows. `trained` is in random order, so that its beginning is a sample.
        inputs: by expert: a sparse matrix (n, terms), an array (n, width) or (n, readings, width), `TokenInput`,
            or `FineTuneInput`.
    """

    modality: Modality
    categories: int
    class_index: np.ndarray
    trained: np.ndarray
    judged: np.ndarray
    inputs: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Material:
    """The usable rows of a dataset, with what is computed once for all: n rows in every array.

    Attributes:
        frozen: features of frozen backbones by expert, or what a network that is fine-tuned reads; they know nothing of
            labels or folds.
    """

    modality: Modality
    experts: tuple[str, ...]
    texts: Sequence[CleanText]
    class_index: np.ndarray
    folds: np.ndarray
    categories: int
    options: TrainOptions
    cache_dir: Path
    frozen: dict[str, np.ndarray]

    @classmethod
    def prepare(
        cls, dataset: Dataset, options: TrainOptions, *, cache_dir: Path, progress: Progress = silent
    ) -> "Material":
        """Clean, split and read the rows of the modality that `options` names.

        Raises:
            TrainError: fewer than two categories, or no weights for a backbone.
            TuneError: too few rows have a text, or a photo.
        """
        rows = labelled_rows(dataset, codes=dataset.codes, seed=options.seed)
        modality: Modality = "text" if options.text else "image"
        places = np.flatnonzero(rows.has_text if modality == "text" else rows.has_photo)
        _check_enough(dataset, rows.class_index[places], rows.folds[places], modality)
        texts = [rows.texts[place] for place in places]
        photos = [photo for place in places if (photo := rows.photos[place]) is not None]
        return cls(
            modality=modality,
            experts=options.text or options.image,
            texts=texts,
            class_index=rows.class_index[places],
            folds=rows.folds[places],
            categories=len(dataset.codes),
            options=options,
            cache_dir=cache_dir,
            frozen=_frozen(texts, photos, options, cache_dir=cache_dir, progress=progress),
        )

    @property
    def rows(self) -> tuple[int, int, int]:
        """How many rows trials learn from, how many they are judged on, and how many no trial sees."""
        judged, kept = int((self.folds == SEARCH_FOLD).sum()), int((self.folds == REPORT_FOLD).sum())
        return len(self.folds) - judged - kept, judged, kept

    def search_ground(self) -> Ground:
        """What trials get: they are judged on one fold, and never see another."""
        trained = (self.folds != SEARCH_FOLD) & (self.folds != REPORT_FOLD)
        return self._ground(trained, self.folds == SEARCH_FOLD)

    def report_ground(self) -> Ground:
        """All rows but the fold that no trial saw, to learn from; that fold, to judge on."""
        return self._ground(self.folds != REPORT_FOLD, self.folds == REPORT_FOLD)

    def _ground(self, is_trained: np.ndarray, is_judged: np.ndarray) -> Ground:
        trained = np.random.default_rng(self.options.seed).permutation(np.flatnonzero(is_trained))
        inputs: dict[str, Any] = dict(self.frozen)
        if "linear" in self.experts:
            inputs["linear"] = _terms(self.texts, trained)
        if "bigru" in self.experts:
            inputs["bigru"] = _tokens(self.texts, trained)
        if self.options.fine_tune:
            inputs["e5"] = self._fine_tune_input(trained)
        judged = np.flatnonzero(is_judged)
        return Ground(self.modality, self.categories, self.class_index, trained, judged, inputs)

    def _fine_tune_input(self, trained: np.ndarray) -> FineTuneInput:
        from train.e5_fine_tune import first_head

        head = first_head(
            self.texts,
            self.class_index,
            trained,
            categories=self.categories,
            options=self.options,
            cache_dir=self.cache_dir,
        )
        return FineTuneInput(self.frozen["e5"], *head)


def _check_enough(dataset: Dataset, class_index: np.ndarray, folds: np.ndarray, modality: Modality) -> None:
    folders = ", ".join(map(str, dataset.folders))
    brings = "text" if modality == "text" else "a photo"
    if not len(class_index):
        raise TuneError(f"{folders}: no labelled row has {brings}, so there is nothing to tune {modality} on")
    trained = (folds != SEARCH_FOLD) & (folds != REPORT_FOLD)
    if len(np.unique(class_index[trained])) < 2:
        raise TuneError(f"{folders}: too few rows with {brings} to learn two categories from, give more listings")
    for fold in (SEARCH_FOLD, REPORT_FOLD):
        if not (folds == fold).any():
            raise TuneError(f"{folders}: {len(class_index)} rows with {brings} are too few to judge on, give more")


def _frozen(
    texts: Sequence[CleanText], photos: list[Path], options: TrainOptions, *, cache_dir: Path, progress: Progress
) -> dict[str, np.ndarray]:
    frozen = {}
    if options.fine_tune:
        from bundle.e5 import load_e5_weights
        from train.e5_fine_tune import piece_ids_of

        frozen["e5"] = piece_ids_of(texts, load_e5_weights())
    elif "e5" in options.text:
        from train.e5_head import e5_vectors

        frozen["e5"] = e5_vectors(texts, cache_dir=cache_dir, progress=progress)
    if "lite0" in options.image:
        from train.lite0_head import lite0_features

        frozen["lite0"] = lite0_features(photos, cache_dir=cache_dir, progress=progress)
    if "vgg16" in options.image:
        from train.keras_image import vgg16_features
        from train.vgg16 import backbone_weights

        backbone = backbone_weights(options.image_weights, seed=options.seed)
        frozen["vgg16"] = vgg16_features(photos, backbone, cache_dir=cache_dir, progress=progress)
    return frozen


def _terms(texts: Sequence[CleanText], trained: np.ndarray) -> sp.csr_matrix:
    """TF-IDF features of all texts, by the terms of those that are learned from."""
    from bundle.expert_linear import linear_text
    from train.linear import new_vectorizers

    strings = [linear_text(text) for text in texts]
    known = [strings[place] for place in np.sort(trained)]
    vectorizers = new_vectorizers(len(known)).values()
    return sp.hstack([v.fit(known).transform(strings) for v in vectorizers], format="csr", dtype=np.float32)


def _tokens(texts: Sequence[CleanText], trained: np.ndarray) -> TokenInput:
    from train.keras_text import tokens_of

    is_learned = np.zeros(len(texts), bool)
    is_learned[trained] = True
    tokenizer, token_ids, _ = tokens_of(texts, is_learned)
    return TokenInput(token_ids, tokenizer.vocabulary_size)
