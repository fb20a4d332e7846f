"""Fits the head of the `e5` text expert on vectors of the frozen encoder."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from bundle.e5 import WEIGHTS, WIDTH, E5Encoder, load_e5_weights
from bundle.expert_e5 import MAX_PIECES, e5_text
from bundle.shipped import shipped_digest
from bundle.text import CleanText
from datasets.progress import Progress, silent
from train.features import cached_features
from train.options import E5Settings
from train.softmax_head import fit_softmax_head

if TYPE_CHECKING:
    from train.spread import Compute

CHUNK = 512


def e5_vectors(
    texts: Sequence[CleanText],
    *,
    cache_dir: Path,
    workers: int = 1,
    progress: Progress = silent,
    titles: bool = True,
) -> np.ndarray:
    """Vectors of texts, from the cache where it has them: of the whole listing, and of its title alone.

    A head that learned from both is right on bare titles too (three in a hundred more of those that people type).

    Args:
        titles: read these alone as well.
    Returns:
        (n, 2, WIDTH) float32, NaN where there is no description, so that the title alone is the whole.
    """
    vectors = np.full((len(texts), 2, WIDTH), np.nan, np.float32)
    split = [place for place, text in enumerate(texts) if titles and text.designation and text.description]
    alone = [CleanText(texts[place].designation, "") for place in split]
    read = _read([*texts, *alone], cache_dir=cache_dir, workers=workers, progress=progress)
    vectors[:, 0], vectors[split, 1] = read[: len(texts)], read[len(texts) :]
    return vectors


def _read(texts: Sequence[CleanText], *, cache_dir: Path, workers: int, progress: Progress) -> np.ndarray:
    """(n, WIDTH) float32."""
    strings = [e5_text(text) for text in texts]

    def load(threads: int | None) -> "Compute":
        encoder = E5Encoder(load_e5_weights(), max_pieces=MAX_PIECES, threads=threads, throughput=True)
        return lambda places: encoder.vectors([strings[place] for place in places])

    return cached_features(
        [hashlib.sha256(string.encode()).hexdigest() for string in strings],
        load,
        # The key is of the text as it is read, so the recipe is in it but for the cut.
        backbone=f"e5-{MAX_PIECES}-{shipped_digest(WEIGHTS)[:8]}",
        cache_dir=cache_dir,
        workers=workers,
        progress=progress,
        chunk=CHUNK,
    )


def fit_e5_head(
    vectors: np.ndarray,
    class_index: np.ndarray,
    *,
    categories: int,
    seed: int,
    settings: E5Settings = E5Settings(),
) -> tuple[np.ndarray, np.ndarray]:
    """coef (WIDTH, categories) and bias (categories,) float32, see `fit_softmax_head`."""
    return fit_softmax_head(
        vectors,
        class_index,
        categories=categories,
        inverse_regularisation=settings.inverse_regularisation,
        seed=seed,
    )
