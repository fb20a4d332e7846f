"""What the API answers, typed. Fields that are new to this page do no harm."""

import base64
from datetime import datetime
from typing import Any, Generic, Literal, TypeVar

from pydantic import BaseModel, Field

Modality = Literal["text", "image"]
Role = Literal["user", "admin"]
Mode = Literal["small", "full", "fusion"]
TrainingState = Literal["queued", "running", "succeeded", "failed", "cancelled"]
Item = TypeVar("Item", bound=BaseModel)


class Page(BaseModel, Generic[Item]):
    """A part of a list; `next` is the cursor of the part behind it, or None at the end."""

    items: list[Item]
    next: str | None = None


class Category(BaseModel):
    """A shelf with its names."""

    prdtypecode: int
    name_fr: str
    name_en: str


class RankedCategory(Category):
    """A shelf in an answer."""

    probability: float


class VotedCategory(BaseModel):
    """A shelf in one modality's vote; its name stands in the answer's categories."""

    prdtypecode: int
    probability: float


class Vote(BaseModel):
    """What one modality says by itself, and its share in the sum."""

    weight: float
    categories: list[VotedCategory]


class CategorySet(BaseModel):
    """The conformal set: one of these, `coverage` of the time as promised, `measured` of the time when measured."""

    coverage: float | None = None
    measured: float | None = None
    prdtypecodes: list[int] = Field(default_factory=list)


class Word(BaseModel):
    """A word, or neighbouring ones, and what it says for the category (log-odds; negative: against it)."""

    field: Literal["designation", "description"]
    start: int
    end: int
    weight: float


class TextExplanation(BaseModel):
    """The words that carried the text's vote for its own first category."""

    prdtypecode: int
    probability: float
    designation: str
    description: str
    words: list[Word]


class ImageExplanation(BaseModel):
    """The places that carried the photo's vote for its own first category: rows of weights, top left first."""

    prdtypecode: int
    probability: float
    heat: list[list[float]]


class Explanation(BaseModel):
    """Why each modality voted as it did; None: it had no say."""

    text: TextExplanation | None = None
    image: ImageExplanation | None = None


class Prediction(RankedCategory):
    """The answer to one listing: the best shelf, and why.

    Attributes:
        prediction_id: tells POST /products what the seller saw.
    """

    categories: list[RankedCategory]
    category_set: CategorySet | None = None
    votes: dict[Modality, Vote | None] = Field(default_factory=dict)
    absent: list[Modality] = Field(default_factory=list)
    degraded: list[Modality] = Field(default_factory=list)
    explanation: Explanation | None = None
    prediction_id: str | None = None
    version: str
    elapsed_ms: float


class Served(BaseModel):
    """What would answer a prediction now.

    Attributes:
        down: modalities that the model has but that have no say now.
        synthetic: the model learned from synthetic listings only.
        registration: anyone may open an account; `anonymous_predict`: and predict without one.
    """

    version: str | None = None
    categories: list[Category] = Field(default_factory=list)
    modalities: list[Modality] = Field(default_factory=list)
    down: list[Modality] = Field(default_factory=list)
    ready: bool
    synthetic: bool = False
    registration: bool = False
    anonymous_predict: bool = True


class Listing(BaseModel):
    """A listing of a batch."""

    designation: str = ""
    description: str = ""
    image_base64: str | None = None
    top_k: int = 5


class FileListing(Listing):
    """A listing read from a file: where it stood, and the name of its photo's file."""

    line: int
    image: str | None = None


class FileIssue(BaseModel):
    """Why a line of a file is no listing.

    Attributes:
        kind: `empty` or `broken`; the reason says it in the API's own words.
    """

    line: int
    kind: str = ""
    reason: str


class ListingFile(BaseModel):
    """The listings of a file; `truncated` where it holds more than are read."""

    listings: list[FileListing]
    issues: list[FileIssue] = Field(default_factory=list)
    truncated: bool = False


class Proposal(BaseModel):
    """A listing to try."""

    id: str
    designation: str
    description: str
    image_base64: str | None = None

    @property
    def photo(self) -> bytes | None:
        """The file of its photo."""
        return base64.b64decode(self.image_base64) if self.image_base64 else None


class Tokens(BaseModel):
    """A token to call with, one to get the next with, and the seconds that the first lives."""

    access_token: str
    refresh_token: str
    expires_in: int


class Account(BaseModel):
    """Who someone is."""

    username: str
    role: Role
    created_at: datetime | None = None


class Key(BaseModel):
    """An API key; the `key` itself stands in the answer that made it, and nowhere else."""

    id: str
    name: str
    hint: str
    key: str | None = None
    created_at: datetime
    last_used_at: datetime | None = None


class CategoryGiven(BaseModel):
    """A category that a product was put in."""

    prdtypecode: int
    given_by: str
    given_at: datetime


class Product(Category):
    """A listing on its shelf.

    Attributes:
        photo: path of its photo, or None; `mine`: whoever asked is its seller.
        predicted_anew: the server predicted itself; None where that was not asked.
        history: the categories it was given, oldest first.
    """

    id: str
    designation: str
    description: str
    predicted_prdtypecode: int
    predicted_probability: float
    version: str
    photo: str | None = None
    mine: bool = False
    predicted_anew: bool | None = None
    created_at: datetime
    updated_at: datetime
    history: list[CategoryGiven] = Field(default_factory=list)


class ResetDone(BaseModel):
    """How many products a reset removed, and where on the server their copy lies."""

    removed: int
    copied_to: str | None = Field(default=None, alias="copy")


class Links(BaseModel):
    """Where the tools beside the server answer."""

    tensorboard: str | None = None
    mlflow: str | None = None
    dashboard: str | None = None


class Model(BaseModel):
    """A version of the model store; what could not be read of it is None, and `error` says why."""

    version: str
    champion: bool
    serving: bool = False
    created: datetime | None = None
    parent: str | None = None
    rows: int | None = None
    synthetic: bool | None = None
    experts: dict[Modality, list[str]] | None = None
    metrics: dict[str, Any] | None = None
    training: dict[str, Any] | None = None
    error: str | None = None


class Models(Page[Model]):
    """Versions of the store, newest first."""

    links: Links = Field(default_factory=Links)


class Training(BaseModel):
    """A training and how far it is; the `log` comes with a single one."""

    id: str
    mode: Mode
    state: TrainingState
    stage: str = ""
    percent: float = 0.0
    metrics: dict[str, Any] | None = None
    detail: str = ""
    version: str | None = None
    promote: bool = False
    log: str | None = None
    created_at: datetime
    started_at: datetime | None = None
    ended_at: datetime | None = None
