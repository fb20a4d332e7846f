"""What the API answers about recent sales, typed. Without sales every score is None."""

from datetime import datetime

from pydantic import BaseModel, Field

from ui.record import Category


class Acceptance(BaseModel):
    """How often sellers kept the category that was proposed."""

    rate: float | None
    rows: int


class Coverage(BaseModel):
    """Share of the sales predicted with at least `threshold`, and the accuracy among them."""

    threshold: float
    share: float | None
    accuracy: float | None


class CategorySales(Category):
    """How one shelf fares."""

    precision: float | None
    recall: float | None
    f1: float
    rows: int


class Confusion(BaseModel):
    """Sales for which one shelf was predicted and another one chosen."""

    predicted: int
    predicted_name_fr: str
    predicted_name_en: str
    chosen: int
    chosen_name_fr: str
    chosen_name_en: str
    rows: int


class Step(BaseModel):
    """The sales of one step of time."""

    since: datetime
    until: datetime
    rows: int
    weighted_f1: float
    accuracy: float
    acceptance: float


class Cell(BaseModel):
    """How many sales one shelf was predicted and one chosen for."""

    predicted: int
    chosen: int
    rows: int


class Drift(BaseModel):
    """How far the shares of the predicted shelves moved; `by_chance` is what chance alone would do."""

    population_stability_index: float | None
    by_chance: float | None
    rows: int
    rows_before: int
    rows_needed: int


class RecentSales(BaseModel):
    """What was predicted against the shelf that products have now."""

    rows: int
    since: datetime | None
    until: datetime | None
    oldest: datetime | None = None
    newest: datetime | None = None
    weighted_f1: float | None
    macro_f1: float | None
    accuracy: float | None
    interval: tuple[float, float] | None
    acceptance: Acceptance
    coverage: Coverage
    per_category: list[CategorySales] = Field(default_factory=list)
    confusions: list[Confusion] = Field(default_factory=list)
    confusion_matrix: list[Cell] = Field(default_factory=list)
    over_time: list[Step] = Field(default_factory=list)
    drift: Drift | None = None
