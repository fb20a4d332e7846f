"""The usual baseline for short texts, as scikit-learn has it out of the box."""

from collections.abc import Sequence

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import Pipeline, make_pipeline, make_union
from sklearn.svm import LinearSVC

NAME = "TF-IDF + LinearSVC"


def tfidf_svc(*, seed: int = 7) -> Pipeline:
    """TF-IDF of words (1-2) and of characters inside words (3-5) under LinearSVC, all else at its default.

    Reads strings, gives classes; `decision_function` gives the margins.
    """
    words = TfidfVectorizer(ngram_range=(1, 2))
    characters = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5))
    return make_pipeline(make_union(words, characters), LinearSVC(random_state=seed))


def margins(fitted: Pipeline, texts: Sequence[str], *, categories: int) -> np.ndarray:
    """(n, categories) float64 margins of a fitted baseline, negative infinity for categories it never saw."""
    found = fitted.decision_function(texts)
    seen = fitted[-1].classes_
    spread = np.full((len(texts), categories), -np.inf)
    # scikit-learn gives one column for two classes: the second's margin.
    spread[:, seen] = np.stack([-found, found], axis=1) if found.ndim == 1 else found
    return spread
