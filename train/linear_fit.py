"""The `linear` expert from rows to files, with an own vocabulary or with the champion's."""

import numpy as np

from bundle.expert_linear import STEEPNESS, LinearExpert, Vocabulary, margin_logits
from train.crossfit import cross_fit
from train.fitted import Fit
from train.linear import fit_classifiers, fit_linear, tfidf_features


def fit_linear_expert(job: Fit) -> np.ndarray:
    """The files of `linear`, and (rows, categories) logits of rows it never saw, NaN in rows that no fold answered."""
    if job.kept is not None and job.kept.vocabulary is not None:
        return _refit_linear(job, job.kept.vocabulary)
    rows = job.rows

    def fit(places: np.ndarray) -> LinearExpert:
        texts = [rows.texts[place] for place in places]
        labels, options = rows.class_index[places], job.options
        return fit_linear(texts, labels, categories=job.categories, seed=options.seed, settings=options.linear)

    def answer(fitted: np.ndarray, answered: np.ndarray) -> np.ndarray:
        return fit(fitted).logits([rows.texts[place] for place in answered])

    logits = cross_fit(
        answer, rows.has_text, rows.folds, categories=job.categories, stage="train linear", progress=job.progress
    )
    fit(np.flatnonzero(rows.has_text)).save(job.directory)
    job.progress("train linear", 1, 1)
    return logits


def _refit_linear(job: Fit, vocabulary: Vocabulary) -> np.ndarray:
    """The vocabulary may have seen the rows held out: it knows which words there are, and no label."""
    rows = job.rows
    features = tfidf_features(rows.texts, vocabulary)

    def fit(places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        labels, options = rows.class_index[places], job.options
        return fit_classifiers(
            features[places], labels, categories=job.categories, seed=options.seed, settings=options.linear
        )

    def answer(fitted: np.ndarray, answered: np.ndarray) -> np.ndarray:
        coef, bias = fit(fitted)
        return margin_logits(features[answered] @ coef + bias, STEEPNESS)

    logits = cross_fit(
        answer, rows.has_text, rows.folds, categories=job.categories, stage="train linear", progress=job.progress
    )
    LinearExpert(vocabulary, *fit(np.flatnonzero(rows.has_text)), STEEPNESS).save(job.directory)
    job.progress("train linear", 1, 1)
    return logits
