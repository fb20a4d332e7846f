"""One trial of a fusion search: where it started, where it came to, and how good that is."""

from dataclasses import dataclass
from typing import Any

from tune.fusion_point import FusionPoint

SMALLEST_SHARE = 0.01


@dataclass(frozen=True, slots=True)
class Trial:
    """One trial, judged on the half that is searched.

    Attributes:
        log_likelihood: mean log-probability of the true category, what the search maximises.
        weighted_f1: None where the trial was given up on a part of the rows.
        rows: that it was judged on.
    """

    number: int
    start: FusionPoint
    point: FusionPoint
    log_likelihood: float
    weighted_f1: float | None
    rows: int

    def as_json(self) -> dict[str, Any]:
        return {
            "trial": self.number,
            "start": self.start.as_json(),
            **self.point.as_json(),
            "log_likelihood": self.log_likelihood,
            "weighted_f1": self.weighted_f1,
            "rows": self.rows,
        }
