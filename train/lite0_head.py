"""Fits the head of the `lite0` image expert on features of the frozen backbone."""

import hashlib
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from bundle.image import prepare_image
from bundle.lite0 import WEIGHTS, Lite0Features
from datasets.photo import photo_key
from datasets.progress import Progress, silent
from train.features import cached_features
from train.parallel import map_threads

INVERSE_REGULARISATION = 0.003
"""C on standardised features; 0.001 and 0.01 were within a point of F1 on 1,842 real photos."""

ABSENT_BIAS = -30.0


def lite0_features(photos: list[Path], *, cache_dir: Path, progress: Progress = silent) -> np.ndarray:
    """(n, 1280) float32 features of photos that decode, from the cache where it has them."""
    backbone = Lite0Features()

    def compute(places: list[int]) -> np.ndarray:
        return backbone.features(np.stack(map_threads(prepare_image, [photos[place] for place in places])))

    identity = f"lite0-{hashlib.sha256(WEIGHTS.read_bytes()).hexdigest()[:8]}"
    keys = map_threads(photo_key, photos)
    return cached_features(keys, compute, backbone=identity, cache_dir=cache_dir, progress=progress)


def fit_lite0_head(
    features: np.ndarray, class_index: np.ndarray, *, categories: int, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Multinomial logistic regression, rare categories weighted up by the root of their rarity.

    Args:
        features: (n, width) float32.
        class_index: (n,) int, 0 to categories - 1; a category may be absent.
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
        C=INVERSE_REGULARISATION,
        class_weight=dict(zip(present.tolist(), rarity.tolist(), strict=True)),
        max_iter=300,
        random_state=seed,
    )
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
