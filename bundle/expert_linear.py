"""The `linear` text expert: TF-IDF of words and characters, one linear classifier a category."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, Self

import numpy as np
import scipy.sparse as sp
from safetensors.numpy import load_file, save_file
from sklearn.feature_extraction.text import TfidfVectorizer

from bundle.text import CleanText

DESCRIPTION_CHARS = 1000
"""A description's beginning says what the thing is; the rest is mostly terms of sale."""

ANALYZERS: dict[str, dict] = {
    "word": {"analyzer": "word", "ngram_range": (1, 2), "token_pattern": r"(?u)\b\w+\b"},
    "char": {"analyzer": "char_wb", "ngram_range": (3, 5)},
}
MAX_FEATURES = 300_000


def linear_text(text: CleanText) -> str:
    """The words the expert reads: the title twice, so that it outweighs the description."""
    return f"{text.designation} . {text.designation} . {text.description[:DESCRIPTION_CHARS]}"


def new_vectorizers(rows: int) -> dict[str, TfidfVectorizer]:
    """Unfitted vectorizers, by analyzer name.

    From a thousand rows on, a run of characters must appear twice. A word need not: a thing that one listing alone is
    about is known from then on.
    """
    return {
        analyzer: TfidfVectorizer(
            sublinear_tf=True,
            strip_accents="unicode",
            dtype=np.float32,
            min_df=2 if analyzer == "char" and rows >= 1000 else 1,
            max_features=MAX_FEATURES,
            **options,
        )
        for analyzer, options in ANALYZERS.items()
    }


class LinearExpert:
    """TF-IDF (words 1-2, characters 3-5) and a linear layer.

    Args:
        vectorizers: fitted, by analyzer name, in the column order of `coef`.
        coef: (features, categories) float32.
        bias: (categories,) float32.
    """

    modality: Literal["text"] = "text"

    def __init__(self, vectorizers: dict[str, TfidfVectorizer], coef: np.ndarray, bias: np.ndarray) -> None:
        self._vectorizers = vectorizers
        self._coef = np.ascontiguousarray(coef, dtype=np.float32)
        self._bias = bias.astype(np.float32)

    def features(self, batch: Sequence[CleanText]) -> sp.csr_matrix:
        """(n, features) float32 sparse."""
        texts = [linear_text(text) for text in batch]
        return sp.hstack([v.transform(texts) for v in self._vectorizers.values()], format="csr", dtype=np.float32)

    def logits(self, batch: Sequence[CleanText]) -> np.ndarray:
        """Signed distances to the categories' hyperplanes.

        Returns:
            (n, categories) float32.
        """
        return np.asarray(self.features(batch) @ self._coef) + self._bias

    def save(self, directory: Path) -> None:
        """Write `terms.json` and `linear.safetensors` into `directory` (weights as float16)."""
        directory.mkdir(parents=True, exist_ok=True)
        terms = {name: v.get_feature_names_out().tolist() for name, v in self._vectorizers.items()}
        (directory / "terms.json").write_text(json.dumps(terms, ensure_ascii=False), encoding="utf-8")
        tensors = {f"idf_{name}": v.idf_.astype(np.float32) for name, v in self._vectorizers.items()}
        save_file(
            tensors | {"coef": self._coef.astype(np.float16), "bias": self._bias}, directory / "linear.safetensors"
        )

    @classmethod
    def open(cls, directory: Path, *, threads: int | None, device: str) -> Self:  # noqa: ARG003
        """Read what `save` wrote. The expert runs on one CPU thread whatever is asked."""
        tensors = load_file(directory / "linear.safetensors")
        terms = json.loads((directory / "terms.json").read_text(encoding="utf-8"))
        vectorizers = {}
        for name, options in ANALYZERS.items():
            vocabulary = {term: column for column, term in enumerate(terms[name])}
            vectorizer = TfidfVectorizer(
                sublinear_tf=True, strip_accents="unicode", dtype=np.float32, vocabulary=vocabulary, **options
            )
            vectorizer.idf_ = tensors[f"idf_{name}"]
            vectorizers[name] = vectorizer
        return cls(vectorizers, tensors["coef"].astype(np.float32), tensors["bias"])
