"""TF-IDF vectors of texts from a fitted vocabulary: what scikit-learn's TfidfVectorizer fitted, without scikit-learn.

Importing it costs a replica 140 MB and two seconds; a test holds both to the same numbers.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from typing import Literal

import numpy as np

Analyzer = Literal["word", "char"]
NGRAMS: dict[Analyzer, tuple[int, int]] = {"word": (1, 2), "char": (3, 5)}
"""Shortest and longest run: of words, and of characters inside a word and the space around it."""

WORD = r"(?u)\b\w+\b"
_WORD = re.compile(WORD)


class Tfidf:
    """Weighs a text's terms: (1 + log count) * idf, brought to length 1.

    Args:
        analyzer: what a term is.
        terms: by column.
        idf: (terms,) float32.
    """

    def __init__(self, analyzer: Analyzer, terms: Sequence[str], idf: np.ndarray) -> None:
        if len(terms) != len(idf):
            raise ValueError(f"{len(terms)} {analyzer} terms have {len(idf)} idf values")
        self._cut = _word_terms if analyzer == "word" else _char_terms
        self._column = {term: column for column, term in enumerate(terms)}
        self._idf = idf.astype(np.float32)

    @property
    def terms(self) -> list[str]:
        return list(self._column)

    @property
    def idf(self) -> np.ndarray:
        return self._idf

    def row(self, text: str) -> tuple[np.ndarray, np.ndarray]:
        """The columns that a text has, and its (columns,) float32 values there."""
        known = (self._column.get(term) for term in self._cut(_plain(text)))
        counts = Counter(column for column in known if column is not None)
        columns = np.fromiter(counts.keys(), np.int64, len(counts))
        values = (1 + np.log(np.fromiter(counts.values(), np.float32, len(counts)))) * self._idf[columns]
        return columns, values / max(float(np.linalg.norm(values)), 1e-12)


def _plain(text: str) -> str:
    """Lower case, without accents."""
    text = text.lower()
    if text.isascii():
        return text
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


def _word_terms(text: str) -> list[str]:
    words = _WORD.findall(text)
    shortest, longest = NGRAMS["word"]
    lengths = range(shortest, min(longest, len(words)) + 1)
    return [" ".join(words[start : start + n]) for n in lengths for start in range(len(words) - n + 1)]


def _char_terms(text: str) -> list[str]:
    shortest, longest = NGRAMS["char"]
    terms = []
    for word in text.split():
        padded = f" {word} "
        for n in range(shortest, longest + 1):
            terms += [padded[start : start + n] for start in range(max(1, len(padded) - n + 1))]
            if n >= len(padded):  # a short word is one term, counted once
                break
    return terms
