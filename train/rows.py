"""The labelled rows of a dataset in the shape that experts train on."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bundle.text import CleanText, has_text, prepare_text
from datasets.dataset import Dataset
from datasets.split import group_folds, group_ids
from train.crossfit import FOLDS
from train.error import TrainError


@dataclass(frozen=True, slots=True)
class Rows:
    """The labelled rows in the shape that experts train on; every array has n rows.

    Attributes:
        names: where each row stands, `X_train_update.csv:17`.
    """

    names: list[str]
    texts: list[CleanText]
    has_text: np.ndarray
    photos: list[Path | None]
    has_photo: np.ndarray
    class_index: np.ndarray
    groups: np.ndarray
    folds: np.ndarray


def labelled_rows(dataset: Dataset, *, codes: Sequence[int], seed: int) -> Rows:
    """The rows with a category, cleaned and split into folds that no group crosses.

    Args:
        codes: `prdtypecode` by class index; every one of the dataset is among them.
    Raises:
        TrainError: fewer than two categories.
    """
    products = [product for product in dataset.products if product.prdtypecode is not None]
    place = {code: index for index, code in enumerate(codes)}
    present = len(dataset.codes)
    if present < 2:
        raise TrainError(
            f"{', '.join(map(str, dataset.folders))}: {present} category is too few to tell apart; "
            "a training needs at least two"
        )
    texts = [prepare_text(product.listing) for product in products]
    class_index = np.array([place[product.prdtypecode] for product in products if product.prdtypecode is not None])
    groups = group_ids(products)
    return Rows(
        names=[f"{product.source.name}:{product.line}" for product in products],
        texts=texts,
        has_text=np.array([has_text(text) for text in texts]),
        photos=[product.image for product in products],
        has_photo=np.array([product.image is not None for product in products]),
        class_index=class_index,
        groups=groups,
        folds=group_folds(class_index, groups, folds=FOLDS, seed=seed),
    )
