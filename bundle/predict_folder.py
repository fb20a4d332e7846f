"""Answers every row of a data folder, and writes the answers as CSV or Parquet."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import pandas as pd

from bundle.error import BundleError, UnusableListingError
from bundle.fusion import Prediction
from bundle.manifest import Manifest
from bundle.predictor import Predictor
from datasets.listing import Product
from datasets.progress import Progress, silent

BATCH = 32
WRITERS = (".csv", ".parquet")
COLUMNS = {
    "row": "int64",
    "productid": "int64",
    "imageid": "int64",
    "prdtypecode": "int64",
    "name_fr": "string",
    "name_en": "string",
    "probability": "float64",
    "category_set": "string",
    "text_prdtypecode": "Int64",
    "text_probability": "float64",
    "image_prdtypecode": "Int64",
    "image_probability": "float64",
    "version": "string",
}


class OutputError(BundleError):
    """Answers that cannot be written where they should go."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(path, reason)
        self.path = path
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}"


def check_output(path: Path) -> None:
    """Find out before the work whether its result can be written.

    Raises:
        OutputError: the name's end is neither .csv nor .parquet, or its folder is missing or takes no file.
    """
    if path.suffix.lower() not in WRITERS:
        raise OutputError(str(path), f"name a file that ends with {' or '.join(WRITERS)}")
    with written_whole(path, keep=False) as staged:
        if path.is_dir():
            raise OutputError(str(path), "is a folder")
        if not path.absolute().parent.is_dir():
            raise OutputError(str(path), "its folder does not exist")
        staged.touch()


def predict_products(
    predictor: Predictor, products: Sequence[Product], *, progress: Progress = silent
) -> tuple[pd.DataFrame, list[tuple[Product, str]]]:
    """One row a product that can be answered, in their order.

    Returns:
        The columns of `COLUMNS`: the product's ids, the best category and its probability, the conformal set (codes
        apart by spaces), each modality's own best category (missing where it had no say) and the bundle's version.
        And the products that bring nothing which this bundle reads, each with the reason.
    """
    answers: list[dict[str, object]] = []
    unanswered: list[tuple[Product, str]] = []
    progress("predict", 0, len(products))
    for start in range(0, len(products), BATCH):
        part = products[start : start + BATCH]
        for product, answer in zip(part, _predict(predictor, part), strict=True):
            if isinstance(answer, Prediction):
                answers.append(_row(product, answer, predictor.manifest))
            else:
                unanswered.append((product, answer.reason))
        progress("predict", start + len(part), len(products))
    return pd.DataFrame(answers, columns=list(COLUMNS)).astype(COLUMNS), unanswered


def write_answers(answers: pd.DataFrame, path: Path) -> None:
    """Write answers as the file's name says; a broken-off write leaves the old file.

    Raises:
        OutputError: the disk refuses.
    """
    with written_whole(path) as staged:
        if path.suffix.lower() == ".csv":
            answers.to_csv(staged, index=False)
        else:
            answers.to_parquet(staged, index=False)


@contextmanager
def written_whole(path: Path, *, keep: bool = True) -> Iterator[Path]:
    """Write to the path that is given here: it takes the place of `path` when all is written, and not before.

    Args:
        keep: False only tries whether it would work.
    Raises:
        OutputError: the disk refuses.
    """
    staged = path.with_name(f".{path.name}.part")
    try:
        yield staged
        if keep:
            staged.replace(path)
    except OSError as error:
        raise OutputError(str(path), f"cannot be written ({error.strerror or error})") from error
    finally:
        with suppress(OSError):
            staged.unlink(missing_ok=True)


def _predict(predictor: Predictor, products: Sequence[Product]) -> list[Prediction | UnusableListingError]:
    try:
        return list(predictor.predict([product.listing for product in products]))
    except UnusableListingError as error:
        if len(products) == 1:
            return [error]
    return [answer for product in products for answer in _predict(predictor, [product])]


def _row(product: Product, prediction: Prediction, manifest: Manifest) -> dict[str, object]:
    best = int(prediction.ranking[0])
    category = manifest.categories[best]
    return {
        "row": product.row,
        "productid": product.productid,
        "imageid": product.imageid,
        **category.model_dump(),
        "probability": float(prediction.probabilities[best]),
        "category_set": " ".join(str(manifest.codes[column]) for column in prediction.category_set),
        **dict(_votes(prediction, manifest)),
        "version": manifest.version,
    }


def _votes(prediction: Prediction, manifest: Manifest) -> Iterator[tuple[str, object]]:
    for modality, vote in prediction.votes.items():
        best = None if vote is None else int(vote.probabilities.argmax())
        yield f"{modality}_prdtypecode", None if best is None else manifest.codes[best]
        yield f"{modality}_probability", None if vote is None or best is None else float(vote.probabilities[best])
