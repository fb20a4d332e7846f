"""What the API answers, in the shapes that outside tools rely on."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field
from rich.console import Group, RenderableType
from rich.table import Table

from bundle.fusion import Prediction, Vote
from bundle.manifest import Manifest, Modality


class RankedCategory(BaseModel):
    """A category with its names and its probability."""

    prdtypecode: int
    name_fr: str
    name_en: str
    probability: float


class VotedCategory(BaseModel):
    """A category in one modality's vote."""

    prdtypecode: int
    probability: float


class VoteAnswer(BaseModel):
    """What one modality says by itself, and its share in the answer."""

    weight: float
    categories: list[VotedCategory]


class CategorySet(BaseModel):
    """One of these codes is right `coverage` of the time; null and empty where the bundle promises nothing.

    `measured` is how often such sets held on listings that the model had not seen.
    """

    coverage: float | None
    measured: float | None
    prdtypecodes: list[int]


class WordWeight(BaseModel):
    """A word of a listing's text, or neighbouring ones that were taken out together."""

    field: Literal["designation", "description"]
    start: int = Field(description="offset of its first character in that field of the explanation")
    end: int = Field(description="offset behind its last character")
    word: str
    weight: float = Field(
        description="by how much the log-odds (natural logarithm) of the category fall without it; "
        "positive speaks for the category, negative against"
    )


class TextExplanation(BaseModel):
    """What the text's vote rests on."""

    prdtypecode: int = Field(description="the text's own first category, which the weights are about")
    probability: float = Field(description="the text's vote for it")
    designation: str = Field(description="the title as the model read it, without markup")
    description: str = Field(description="likewise, its first 1,000 characters")
    words: list[WordWeight] = Field(description="in reading order")


class ImageExplanation(BaseModel):
    """What the photo's vote rests on."""

    prdtypecode: int = Field(description="the photo's own first category, which the weights are about")
    probability: float = Field(description="the photo's vote for it")
    heat: list[list[float]] = Field(
        description="rows and columns of weights over the whole upright photo, top left first: by how much the "
        "log-odds of the category fall when that part is covered; positive speaks for the category"
    )


class Explanation(BaseModel):
    """Why each modality voted as it did; null where it had no say, or its model was lost meanwhile."""

    text: TextExplanation | None
    image: ImageExplanation | None


class Answer(RankedCategory):
    """The best category of a listing, and why."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "prdtypecode": 2583,
                    "name_fr": "Piscine et accessoires",
                    "name_en": "Pools and pool equipment",
                    "probability": 0.93,
                    "categories": [
                        {
                            "prdtypecode": 2583,
                            "name_fr": "Piscine et accessoires",
                            "name_en": "Pools and pool equipment",
                            "probability": 0.93,
                        }
                    ],
                    "category_set": {"coverage": 0.95, "measured": 0.948, "prdtypecodes": [2583]},
                    "votes": {
                        "text": {"weight": 1.0, "categories": [{"prdtypecode": 2583, "probability": 0.95}]},
                        "image": None,
                    },
                    "absent": ["image"],
                    "degraded": [],
                    "explanation": {
                        "text": {
                            "prdtypecode": 2583,
                            "probability": 0.95,
                            "designation": "Piscine ronde",
                            "description": "",
                            "words": [
                                {"field": "designation", "start": 0, "end": 7, "word": "Piscine", "weight": 3.21},
                                {"field": "designation", "start": 8, "end": 13, "word": "ronde", "weight": 0.42},
                            ],
                        },
                        "image": None,
                    },
                    "prediction_id": "AYAvHkQ0RgYAvU3mQhY0",
                    "version": "20261125-101500-3f2a",
                    "elapsed_ms": 8.4,
                }
            ]
        }
    )

    categories: list[RankedCategory] = Field(description="`top_k` of them, highest first")
    category_set: CategorySet
    votes: dict[Modality, VoteAnswer | None] = Field(description="null: this modality had no say")
    absent: list[Modality] = Field(description="modalities that were not sent")
    degraded: list[Modality] = Field(description="modalities that were sent but not used")
    explanation: Explanation | None = Field(default=None, description="null unless `explain` was true")
    prediction_id: str = Field(description="for POST /products, within 24 hours")
    version: str = Field(description="the bundle that answered")
    elapsed_ms: float


class ErrorAnswer(BaseModel):
    """A request that is refused, or a listing of a batch."""

    detail: str = Field(examples=["designation: is empty, and there is no photo"])
    field: str | None = Field(default=None, description="the field at fault; `body` for the request as a whole")


class BatchError(BaseModel):
    """Why one listing of a batch has no answer."""

    field: str
    detail: str


class BatchItemError(BaseModel):
    """Stands in the place of the answer."""

    error: BatchError


class BatchAnswer(BaseModel):
    """One item a listing, in their order."""

    items: list[Answer | BatchItemError]


class ServedCategory(BaseModel):
    """A category that can be answered."""

    prdtypecode: int
    name_fr: str
    name_en: str


class Served(BaseModel):
    """What would answer a prediction now.

    Attributes:
        modalities: what the model can use; `down` are those of them that have no say now.
        synthetic: the model learned from listings that were made up.
        registration: anyone may open an account; `anonymous_predict`: and predict without one.
    """

    version: str
    ready: bool
    modalities: list[Modality]
    down: list[Modality]
    synthetic: bool
    registration: bool
    anonymous_predict: bool
    experts: dict[Modality, list[str]]
    categories: list[ServedCategory]


class Liveness(BaseModel):
    """The process answers."""

    status: Literal["ok"] = "ok"


class Readiness(BaseModel):
    """Whether listings are answered now."""

    ready: bool
    version: str
    down: list[Modality]


def answer_of(
    prediction: Prediction,
    manifest: Manifest,
    *,
    top_k: int,
    prediction_id: str,
    elapsed_ms: float,
    explanation: Explanation | None = None,
) -> Answer:
    """Name what the fusion found."""
    top = [
        RankedCategory.model_construct(
            **manifest.categories[column].model_dump(), probability=float(prediction.probabilities[column])
        )
        for column in prediction.ranking[:top_k]
    ]
    codes = manifest.codes
    return Answer.model_construct(
        **top[0].model_dump(),
        categories=top,
        category_set=CategorySet.model_construct(
            coverage=prediction.coverage,
            measured=prediction.measured,
            prdtypecodes=[codes[column] for column in prediction.category_set],
        ),
        votes={modality: _vote(vote, codes, top_k) for modality, vote in prediction.votes.items()},
        absent=prediction.absent,
        degraded=prediction.degraded,
        explanation=explanation,
        prediction_id=prediction_id,
        version=manifest.version,
        elapsed_ms=elapsed_ms,
    )


def answer_table(answer: Answer) -> RenderableType:
    """The answer as people read it on the command line."""
    votes = {modality: vote for modality, vote in answer.votes.items() if vote is not None}
    table = Table(title=f"Version {answer.version}, {answer.elapsed_ms:.0f} ms", title_justify="left")
    table.add_column("code", justify="right")
    table.add_column("category")
    table.add_column("probability", justify="right")
    for modality, vote in votes.items():
        table.add_column(f"{modality} ({vote.weight:.0%})", justify="right")
    said = [{voted.prdtypecode: voted.probability for voted in vote.categories} for vote in votes.values()]
    for category in answer.categories:
        shares = (f"{vote[category.prdtypecode]:.1%}" if category.prdtypecode in vote else "" for vote in said)
        name = f"{category.name_fr} · {category.name_en}"
        table.add_row(str(category.prdtypecode), name, f"{category.probability:.1%}", *shares)
    coverage, measured = answer.category_set.coverage, answer.category_set.measured
    if coverage is None:
        return table
    coverage = coverage if measured is None else min(coverage, measured)
    codes = ", ".join(map(str, answer.category_set.prdtypecodes))
    return Group(table, f"One of these, {coverage:.0%} of the time: {codes}")


def _vote(vote: Vote | None, codes: list[int], top_k: int) -> VoteAnswer | None:
    if vote is None:
        return None
    order = (-vote.probabilities).argsort(kind="stable")[:top_k]
    return VoteAnswer.model_construct(
        weight=vote.weight,
        categories=[
            VotedCategory.model_construct(prdtypecode=codes[column], probability=float(vote.probabilities[column]))
            for column in order
        ],
    )
