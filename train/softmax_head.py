"""Fits a linear softmax head on features of a frozen backbone."""

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

ABSENT_BIAS = -30.0


def fit_softmax_head(
    features: np.ndarray, class_index: np.ndarray, *, categories: int, inverse_regularisation: float, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Multinomial logistic regression, rare categories weighted up by the root of their rarity.

    Args:
        features: (n, width) float32.
        class_index: (n,) int, 0 to categories - 1; a category may be absent.
        inverse_regularisation: C, on standardised features.
    Returns:
        coef (width, categories) and bias (categories,) float32: logits = features @ coef + bias.
    """
    coef = np.zeros((features.shape[1], categories), np.float32)
    bias = np.full(categories, ABSENT_BIAS, np.float32)
    present, rows = np.unique(class_index, return_counts=True)
    if len(present) == 1:
        bias[present] = 0
        return coef, bias
    rarity = np.sqrt(rows.mean() / rows)
    scaler = StandardScaler().fit(features)
    regression = LogisticRegression(
        C=inverse_regularisation,
        class_weight=dict(zip(present.tolist(), rarity.tolist(), strict=True)),
        max_iter=300,
        random_state=seed,
    )
    # The products are small: two BLAS threads wait for each other longer than they work where other programs share the
    # cores (13 s against 0.1 s, 2,000 rows of 384), and save little where none does.
    with threadpool_limits(1, "blas"):
        regression.fit(scaler.transform(features), class_index)
    weights, intercept = regression.coef_, regression.intercept_
    if len(present) == 2:
        # scikit-learn keeps one row for two classes: the log-odds of the second.
        weights, intercept = np.vstack([-weights / 2, weights / 2]), np.array([-intercept[0] / 2, intercept[0] / 2])
    # The standardisation is folded in, so that the served head reads plain features.
    scaled = weights / scaler.scale_
    coef[:, present] = scaled.T
    bias[present] = intercept - scaled @ scaler.mean_
    return coef, bias


def each_reading(readings: np.ndarray, class_index: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(n, readings, width) and (n,) labels as rows of one reading each; readings of NaN are none."""
    flat, labels = readings.reshape(-1, readings.shape[-1]), np.repeat(class_index, readings.shape[1])
    there = ~np.isnan(flat[:, 0])
    return flat[there], labels[there]
