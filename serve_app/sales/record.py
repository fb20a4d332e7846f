"""What the API answers about recent sales."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

EXAMPLE: dict[str, Any] = {
    "rows": 1000,
    "since": "2026-11-18T00:00:00Z",
    "until": None,
    "prdtypecode": None,
    "oldest": "2026-11-20T07:12:45.000000Z",
    "newest": "2026-11-25T10:15:00.000000Z",
    "weighted_f1": 0.86,
    "macro_f1": 0.83,
    "accuracy": 0.87,
    "interval": [0.838, 0.881],
    "acceptance": {"rate": 0.88, "rows": 1000},
    "coverage": {"threshold": 0.8, "share": 0.71, "accuracy": 0.96},
    "per_category": [
        {
            "prdtypecode": 2583,
            "name_fr": "Piscine et accessoires",
            "name_en": "Pools and pool equipment",
            "precision": 0.97,
            "recall": 0.95,
            "f1": 0.96,
            "rows": 120,
        }
    ],
    "over_time": [
        {
            "since": "2026-11-20T06:00:00Z",
            "until": "2026-11-20T12:00:00Z",
            "rows": 120,
            "weighted_f1": 0.86,
            "accuracy": 0.87,
            "acceptance": 0.88,
        }
    ],
    "confusions": [
        {
            "predicted": 10,
            "predicted_name_fr": "Livres d'occasion",
            "predicted_name_en": "Second-hand books",
            "chosen": 2705,
            "chosen_name_fr": "Livres neufs",
            "chosen_name_en": "New books",
            "rows": 14,
        }
    ],
    "confusion_matrix": [
        {"predicted": 2583, "chosen": 2583, "rows": 114},
        {"predicted": 10, "chosen": 2705, "rows": 14},
    ],
    "drift": {
        "population_stability_index": 0.02,
        "by_chance": 0.08,
        "rows": 1000,
        "rows_before": 1000,
        "rows_needed": 100,
    },
}


class Acceptance(BaseModel):
    """How often sellers kept the category that was proposed to them."""

    rate: float | None
    rows: int


class Coverage(BaseModel):
    """How much could go without a person."""

    threshold: float
    share: float | None = Field(description="of the sales predicted with a probability of at least `threshold`")
    accuracy: float | None = Field(description="among those; null where there are none")


class CategorySales(BaseModel):
    """How one category fares."""

    prdtypecode: int
    name_fr: str
    name_en: str
    precision: float | None = Field(description="null: it was never predicted")
    recall: float | None = Field(description="null: it was never chosen")
    f1: float
    rows: int = Field(description="sales that were put there")


class SalesStep(BaseModel):
    """Scores over the sales of one step of time."""

    since: datetime = Field(description="the step's first moment")
    until: datetime = Field(description="the next step's first moment")
    rows: int
    weighted_f1: float
    accuracy: float
    acceptance: float = Field(description="share of sales whose seller kept the proposal")


class Confusion(BaseModel):
    """Sales for which one category was predicted and another one chosen."""

    predicted: int
    predicted_name_fr: str
    predicted_name_en: str
    chosen: int
    chosen_name_fr: str
    chosen_name_en: str
    rows: int


class ConfusionCell(BaseModel):
    """How many sales were predicted as one category and chosen as another, or as the same."""

    predicted: int
    chosen: int
    rows: int


class Drift(BaseModel):
    """How far the shares of the predicted categories moved from the sales before to those of the window."""

    population_stability_index: float | None = Field(
        description="0: the same shares; null: fewer than `rows_needed` in the window or before it"
    )
    by_chance: float | None = Field(
        description="what it stays below 95 % of the time when nothing has changed, with so many rows and categories"
    )
    rows: int
    rows_before: int
    rows_needed: int


class RecentSales(BaseModel):
    """What was predicted against the category that products have now, over a window. Without rows, scores are null."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    rows: int
    since: datetime | None = Field(description="as asked")
    until: datetime | None = Field(description="as asked")
    prdtypecode: int | None = Field(description="as asked: all figures are over sales predicted or chosen as this")
    oldest: datetime | None = Field(description="of the sales counted")
    newest: datetime | None
    weighted_f1: float | None
    macro_f1: float | None
    accuracy: float | None
    interval: tuple[float, float] | None = Field(description="of weighted F1: 95 %, by bootstrap")
    acceptance: Acceptance
    coverage: Coverage
    per_category: list[CategorySales] = Field(description="those chosen most first")
    over_time: list[SalesStep] = Field(
        description="oldest first, in at most 30 equal steps on round UTC times (1, 5, 15 minutes, 1, 3, 6, 12 hours, "
        "1, 7, 30 days or longer); steps without sales are left out"
    )
    confusions: list[Confusion] = Field(description="the most frequent ones, at most 20")
    confusion_matrix: list[ConfusionCell] = Field(description="every cell that has sales, largest first")
    drift: Drift
