"""Fits the `linear` text expert: TF-IDF and one support vector machine a category."""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import scipy.sparse as sp
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.svm import LinearSVC

from bundle.expert_linear import STEEPNESS, LinearExpert, Vocabulary, linear_text
from bundle.text import CleanText
from bundle.tfidf import NGRAMS, WORD, Analyzer, Tfidf
from train.options import LinearSettings

MAX_TERMS = 300_000
"""Of each analyzer, the most frequent ones."""

TOLERANCE = 1e-2
"""Of the solver: a third of the default's time, and not one prediction differs on real listings."""


def fit_linear(
    texts: Sequence[CleanText],
    class_index: np.ndarray,
    *,
    categories: int,
    seed: int,
    settings: LinearSettings = LinearSettings(),
) -> LinearExpert:
    """Fit vectorizers and classifiers on labelled texts.

    Args:
        texts: n cleaned listings.
        class_index: (n,) int, 0 to categories - 1; a category may be absent.
        categories: columns of the logits.
    Returns:
        An expert whose logits of absent categories are below all others.
    """
    strings = [linear_text(text) for text in texts]
    vectorizers = new_vectorizers(len(strings))
    features = sp.hstack([v.fit_transform(strings) for v in vectorizers.values()], format="csr", dtype=np.float32)
    coef, bias = fit_classifiers(features, class_index, categories=categories, seed=seed, settings=settings)
    return LinearExpert(fitted_tfidf(vectorizers), coef, bias, STEEPNESS)


def tfidf_features(texts: Sequence[CleanText], vocabulary: Vocabulary) -> sp.csr_matrix:
    """(n, terms) float32 features of texts by a vocabulary that is fitted already."""
    strings = [linear_text(text) for text in texts]
    return sp.hstack([_rows(strings, part) for part in vocabulary.values()], format="csr", dtype=np.float32)


def fit_classifiers(
    features: sp.csr_matrix,
    class_index: np.ndarray,
    *,
    categories: int,
    seed: int,
    settings: LinearSettings = LinearSettings(),
) -> tuple[np.ndarray, np.ndarray]:
    """One support vector machine a category against the rest.

    Args:
        features: (n, terms) float32.
        class_index: (n,) int, 0 to categories - 1; a category may be absent.
    Returns:
        coef (terms, categories) and bias (categories,) float32; the logits of absent categories are below all others.
    """
    # liblinear works in float64: converting once here saves a conversion a category.
    features = features.astype(np.float64)
    coef = np.zeros((features.shape[1], categories), dtype=np.float32)
    bias = np.full(categories, -2.0, dtype=np.float32)
    present = np.unique(class_index)
    if len(present) == 1:
        bias[present[0]] = 1.0
        return coef, bias

    def fit_category(category: int) -> None:
        # "balanced" against the rest: rare categories keep their say.
        machine = LinearSVC(
            C=settings.inverse_regularisation, class_weight="balanced", tol=TOLERANCE, random_state=seed
        )
        machine.fit(features, class_index == category)
        coef[:, category] = machine.coef_[0]
        bias[category] = machine.intercept_[0]

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(fit_category, present))
    return coef, bias


def _rows(strings: Sequence[str], tfidf: Tfidf) -> sp.csr_matrix:
    rows = [tfidf.row(string) for string in strings]
    ends = np.cumsum([0, *(len(columns) for columns, _ in rows)])
    columns, values = (np.concatenate(parts) for parts in zip(*rows, strict=True))
    return sp.csr_matrix((values, columns, ends), shape=(len(strings), len(tfidf.idf)))


def new_vectorizers(rows: int) -> dict[Analyzer, TfidfVectorizer]:
    """Unfitted vectorizers, by analyzer.

    From a thousand rows on, a run of characters must appear twice. A word need not: a thing that one listing alone is
    about is known from then on.
    """
    kinds: dict[Analyzer, dict[str, str]] = {
        "word": {"analyzer": "word", "token_pattern": WORD},
        "char": {"analyzer": "char_wb"},
    }
    return {
        analyzer: TfidfVectorizer(
            sublinear_tf=True,
            strip_accents="unicode",
            dtype=np.float32,
            ngram_range=NGRAMS[analyzer],
            min_df=2 if analyzer == "char" and rows >= 1000 else 1,
            max_features=MAX_TERMS,
            **kind,
        )
        for analyzer, kind in kinds.items()
    }


def fitted_tfidf(vectorizers: dict[Analyzer, TfidfVectorizer]) -> Vocabulary:
    """What the served expert keeps of fitted vectorizers."""
    return {name: Tfidf(name, v.get_feature_names_out().tolist(), v.idf_) for name, v in vectorizers.items()}
