"""Judges a bundle on labelled listings: text alone, photo alone, both fused, and all three on the rows with both."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, Protocol

import numpy as np

from bundle.fusion import Prediction
from bundle.manifest import CategoryEntry, Manifest, Modality
from bundle.text import has_text, prepare_text
from datasets.dataset import Dataset
from datasets.error import FolderError
from datasets.fingerprint import fingerprint
from datasets.listing import Listing, Product
from datasets.progress import Progress, silent
from train.scores import Difference, Scores, difference, score

__all__ = ["Evaluation", "Part", "Votes", "evaluate", "judge", "score"]

Part = Literal["text", "image", "fusion"]
PARTS: tuple[Part, ...] = ("text", "image", "fusion")
BATCH = 64


class NothingToEvaluateError(FolderError):
    """No row with a label that the bundle can answer."""


class Answers(Protocol):
    """What `evaluate` needs of a `bundle.predictor.Predictor`."""

    @property
    def manifest(self) -> Manifest: ...

    def predict(self, listings: Sequence[Listing]) -> list[Prediction]: ...


@dataclass(frozen=True, slots=True)
class Votes:
    """What a bundle said about n labelled listings.

    Attributes:
        probabilities: part -> (n, categories) float32; NaN rows where that part had no say.
        weights: modality -> (n,) its share of the fused answer, 0 where it had no say.
        category_sets: class indices of each conformal set.
        promised: (n,) coverage the set was made for, NaN where nothing was promised.
    """

    probabilities: dict[Part, np.ndarray]
    weights: dict[Modality, np.ndarray]
    category_sets: list[list[int]]
    promised: np.ndarray


@dataclass(frozen=True, slots=True)
class Paired:
    """The three parts on the same rows: those with text and photo.

    Attributes:
        gain: weighted F1 of fusion minus that of the better single part, which `over` names.
    """

    scores: dict[Part, Scores]
    gain: Difference
    over: Modality

    def as_json(self) -> dict[str, Any]:
        scores: dict[str, Any] = {part: self.scores[part].as_json() for part in PARTS}
        return {**scores, "gain": {"over": self.over, **self.gain.as_json()}}


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A bundle's scores on labelled listings, and all that the plots and tables are drawn from.

    Attributes:
        products: rows that were answered, in the order of `class_index` and `votes`.
        unanswered: labelled rows that the bundle cannot answer (a photo alone, for a bundle without image experts);
            they are in no score.
        class_index: (n,) int, negative for codes the bundle does not know.
        conformal_coverage, conformal_size: how often the true category was in the set, and the set's mean size, over
            rows with a promise; None where no row had one.
        unknown_codes: codes in the data that the bundle does not know, ascending.
        trained_on: the bundle was trained on these very data, so that the scores flatter it.
    """

    version: str
    categories: list[CategoryEntry]
    products: list[Product]
    unanswered: list[Product]
    class_index: np.ndarray
    votes: Votes
    scores: dict[Part, Scores | None]
    paired: Paired | None
    conformal_coverage: float | None
    conformal_size: float | None
    unknown_codes: list[int]
    trained_on: bool = False

    def as_json(self) -> dict[str, Any]:
        """The document of `rayonnage evaluate --json`."""
        parts: dict[str, Any] = {part: scores and scores.as_json() for part, scores in self.scores.items()}
        if parts["fusion"] is not None:
            parts["fusion"]["conformal_coverage"] = self.conformal_coverage
            parts["fusion"]["conformal_size"] = self.conformal_size
        return {
            "version": self.version,
            "rows": len(self.products) + len(self.unanswered),
            **parts,
            "paired": self.paired and self.paired.as_json(),
            "unknown_codes": self.unknown_codes,
            "unanswered": len(self.unanswered),
            "trained_on": self.trained_on,
        }


def evaluate(predictor: Answers, dataset: Dataset, *, progress: Progress = silent) -> Evaluation:
    """Let the bundle answer every labelled row, and score its answers.

    Raises:
        NothingToEvaluateError: no row has a label, or the bundle can answer none.
    """
    manifest = predictor.manifest
    folders = ", ".join(map(str, dataset.folders))
    labelled = [product for product in dataset.products if product.prdtypecode is not None]
    if not labelled:
        raise NothingToEvaluateError(folders, "no row has a category, so there is nothing to compare with")
    products: list[Product] = []
    unanswered: list[Product] = []
    for product in labelled:
        (products if _answerable(product, manifest) else unanswered).append(product)
    if not products:
        modalities = " and ".join(m for m in ("text", "image") if manifest.experts_of(m))
        raise NothingToEvaluateError(folders, f"the bundle reads {modalities} only, and no row has it")
    predictions: list[Prediction] = []
    for start in range(0, len(products), BATCH):
        progress("evaluate", start, len(products))
        predictions += predictor.predict([product.listing for product in products[start : start + BATCH]])
    progress("evaluate", len(products), len(products))
    votes = collect(predictions, categories=len(manifest.categories))
    evaluation = judge(manifest.version, manifest.categories, products, votes, unanswered=unanswered)
    return replace(evaluation, trained_on=fingerprint(dataset) == manifest.data.fingerprint)


def judge(
    version: str, categories: list[CategoryEntry], products: list[Product], votes: Votes, *, unanswered: list[Product]
) -> Evaluation:
    """Score the votes on products against the products' own codes."""
    class_index, unknown_codes = class_indices([p.prdtypecode for p in products], [c.prdtypecode for c in categories])
    had_say = {part: ~np.isnan(values[:, 0]) for part, values in votes.probabilities.items()}
    scores = {part: _score_part(votes.probabilities[part], class_index, had_say[part]) for part in PARTS}
    both = had_say["text"] & had_say["image"]
    promised = ~np.isnan(votes.promised)
    covered = np.array([i in members for i, members in zip(class_index, votes.category_sets, strict=True)])
    sizes = np.array([len(members) for members in votes.category_sets])
    return Evaluation(
        version=version,
        categories=categories,
        products=products,
        unanswered=unanswered,
        class_index=class_index,
        votes=votes,
        scores=scores,
        paired=pair(votes.probabilities, class_index, both) if both.any() else None,
        conformal_coverage=float(covered[promised].mean()) if promised.any() else None,
        conformal_size=float(sizes[promised].mean()) if promised.any() else None,
        unknown_codes=unknown_codes,
    )


def collect(predictions: Sequence[Prediction], *, categories: int) -> Votes:
    """Predictions as arrays; a modality without a say gives a NaN row and weight 0."""
    silence = np.full(categories, np.nan, np.float32)
    modalities: tuple[Modality, ...] = ("text", "image")
    votes = {m: [prediction.votes.get(m) for prediction in predictions] for m in modalities}
    return Votes(
        probabilities={
            "text": np.stack([silence if vote is None else vote.probabilities for vote in votes["text"]]),
            "image": np.stack([silence if vote is None else vote.probabilities for vote in votes["image"]]),
            "fusion": np.stack([prediction.probabilities for prediction in predictions]),
        },
        weights={m: np.array([0.0 if vote is None else vote.weight for vote in votes[m]]) for m in modalities},
        category_sets=[list(prediction.category_set) for prediction in predictions],
        promised=np.array([np.nan if p.coverage is None else p.coverage for p in predictions], float),
    )


def class_indices(codes: Sequence[int | None], known: Sequence[int]) -> tuple[np.ndarray, list[int]]:
    """Column of each code, and the codes that have none (ascending): these get -1, -2, … in that order."""
    column = {code: index for index, code in enumerate(known)}
    unknown = sorted({code for code in codes if code is not None and code not in column})
    column |= {code: -1 - place for place, code in enumerate(unknown)}
    return np.array([column[code] for code in codes if code is not None], int), unknown


def _score_part(probabilities: np.ndarray, class_index: np.ndarray, rows: np.ndarray) -> Scores | None:
    return score(probabilities[rows], class_index[rows]) if rows.any() else None


def pair(probabilities: dict[Part, np.ndarray], class_index: np.ndarray, rows: np.ndarray) -> Paired:
    """Score all three parts on the same rows; `rows` is (n,) bool, true where every part has a say."""
    scores = {part: score(probabilities[part][rows], class_index[rows]) for part in PARTS}
    better: Modality = "text" if scores["text"].weighted_f1 >= scores["image"].weighted_f1 else "image"
    gain = difference(probabilities["fusion"][rows], probabilities[better][rows], class_index[rows])
    return Paired(scores, gain, better)


def _answerable(product: Product, manifest: Manifest) -> bool:
    reads_text = bool(manifest.experts_of("text")) and has_text(prepare_text(product.listing))
    reads_photo = bool(manifest.experts_of("image")) and product.image is not None
    return reads_text or reads_photo
