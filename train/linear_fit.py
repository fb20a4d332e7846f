"""The `linear` expert from rows to files, with an own vocabulary or with the champion's."""

from collections.abc import Callable

import numpy as np

from bundle.expert_linear import STEEPNESS, LinearExpert, Vocabulary, margin_logits
from bundle.text import CleanText
from train.crossfit import cross_fit
from train.fitted import Fit
from train.linear import fit_classifiers, fit_linear, tfidf_features

FitRows = Callable[[np.ndarray], LinearExpert]
"""Takes places of rows, gives the expert that has learned from them."""

Answer = Callable[[LinearExpert, np.ndarray], np.ndarray]
"""Logits (n, categories) of an expert for the rows at n places."""


def fit_linear_expert(job: Fit) -> np.ndarray:
    """The files of `linear`, and (rows, categories) logits of rows it never saw, NaN in rows that no fold answered."""
    rows = job.rows
    kept = job.kept.vocabulary if job.kept else None
    fit, answer = _with_own_vocabulary(job) if kept is None else _with_kept_vocabulary(job, kept)
    logits = cross_fit(
        lambda fitted, answered: answer(fit(fitted), answered),
        rows.has_text,
        rows.folds,
        categories=job.categories,
        stage="train linear",
        progress=job.progress,
    )
    fit(np.flatnonzero(rows.has_text)).save(job.directory)
    job.progress("train linear", 1, 1)
    return logits


def _with_own_vocabulary(job: Fit) -> tuple[FitRows, Answer]:
    rows, options = job.rows, job.options

    def texts(places: np.ndarray) -> list[CleanText]:
        return [rows.texts[place] for place in places]

    def fit(places: np.ndarray) -> LinearExpert:
        labels = rows.class_index[places]
        return fit_linear(texts(places), labels, categories=job.categories, seed=options.seed, settings=options.linear)

    return fit, lambda expert, answered: expert.logits(texts(answered))


def _with_kept_vocabulary(job: Fit, vocabulary: Vocabulary) -> tuple[FitRows, Answer]:
    """The vocabulary may have seen the rows held out: it knows which words there are, and no label."""
    rows, options = job.rows, job.options
    features = tfidf_features(rows.texts, vocabulary)

    def fit(places: np.ndarray) -> LinearExpert:
        labels = rows.class_index[places]
        machines = fit_classifiers(
            features[places], labels, categories=job.categories, seed=options.seed, settings=options.linear
        )
        return LinearExpert(vocabulary, *machines, STEEPNESS)

    return fit, lambda expert, answered: margin_logits(features[answered] @ expert.coef + expert.bias, STEEPNESS)
