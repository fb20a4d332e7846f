"""The `linear` text expert: TF-IDF of words and characters, one linear classifier a category."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, Self

import numpy as np
from safetensors.numpy import load_file, save_file

from bundle.text import CleanText
from bundle.tfidf import NGRAMS, Analyzer, Tfidf

Vocabulary = dict[Analyzer, Tfidf]
"""Terms and their weights, by analyzer in the column order of the features."""

DESCRIPTION_CHARS = 1000
"""A description's beginning says what the thing is; the rest is mostly terms of sale."""


STEEPNESS = 2.0
"""Of `margin_logits` for support vector machines. With it one temperature calibrates them (expected calibration error
0.054 to 0.023 on 7,000 real listings, log-likelihood -1.07 to -1.00); fitted values were 2.0 and 2.2."""


def margin_logits(margins: np.ndarray, steepness: float) -> np.ndarray:
    """Margins of one machine a category against the rest, as scores for a softmax: log sigmoid(steepness * margin).

    How far beyond its own border the likeliest category lies says little; that others are near theirs says much.

    Args:
        margins: (n, categories) float32.
        steepness: 0 leaves them as they are.
    Source: Platt 1999 (a sigmoid of the margin), with the same slope for all and without an offset.
    """
    return -np.logaddexp(np.float32(0), np.float32(-steepness) * margins) if steepness else margins


def linear_text(text: CleanText) -> str:
    """The words the expert reads: the title twice, so that it outweighs the description."""
    return f"{text.designation} . {text.designation} . {text.description[:DESCRIPTION_CHARS]}"


class LinearExpert:
    """TF-IDF (words 1-2, characters 3-5) and a linear layer.

    Args:
        tfidf: the vocabulary, in the row order of `coef`.
        coef: (terms, categories) float32, or float16 as it is stored; the rows of a text are widened when it is read.
        bias: (categories,) float32.
        steepness: of `margin_logits`; 0 for classifiers whose scores need none.
    """

    modality: Literal["text"] = "text"

    def __init__(self, tfidf: Vocabulary, coef: np.ndarray, bias: np.ndarray, steepness: float = 0.0) -> None:
        if sum(len(part.idf) for part in tfidf.values()) != len(coef):
            raise ValueError(f"coef has {len(coef)} rows, not one a term")
        self.tfidf = tfidf
        self.coef = np.ascontiguousarray(coef)
        self.bias = bias.astype(np.float32)
        self._steepness = steepness

    def logits(self, batch: Sequence[CleanText]) -> np.ndarray:
        """Scores by `margin_logits` of the signed distances to the categories' hyperplanes.

        Returns:
            (n, categories) float32.
        """
        margins = np.tile(self.bias, (len(batch), 1))
        for row, text in enumerate(batch):
            words, first = linear_text(text), 0
            for part in self.tfidf.values():
                columns, values = part.row(words)
                margins[row] += values @ self.coef[first + columns].astype(np.float32)
                first += len(part.idf)
        return margin_logits(margins, self._steepness)

    def save(self, directory: Path) -> None:
        """Write `terms.json` and `linear.safetensors` into `directory` (weights as float16)."""
        directory.mkdir(parents=True, exist_ok=True)
        terms = {analyzer: part.terms for analyzer, part in self.tfidf.items()}
        (directory / "terms.json").write_text(json.dumps(terms, ensure_ascii=False), encoding="utf-8")
        tensors = {f"idf_{analyzer}": part.idf for analyzer, part in self.tfidf.items()}
        tensors |= {"coef": self.coef.astype(np.float16), "bias": self.bias}
        tensors["steepness"] = np.array([self._steepness], np.float32)
        save_file(tensors, directory / "linear.safetensors")

    @classmethod
    def open(cls, directory: Path, *, threads: int | None, device: str) -> Self:  # noqa: ARG003
        """Read what `save` wrote. The expert runs on one CPU thread whatever is asked."""
        tensors = load_file(directory / "linear.safetensors")
        terms = json.loads((directory / "terms.json").read_text(encoding="utf-8"))
        tfidf = {analyzer: Tfidf(analyzer, terms[analyzer], tensors[f"idf_{analyzer}"]) for analyzer in NGRAMS}
        steepness = float(tensors["steepness"][0]) if "steepness" in tensors else 0.0  # an older bundle has none
        return cls(tfidf, tensors["coef"], tensors["bias"], steepness)
