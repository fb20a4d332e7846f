"""The manifest: everything a bundle says about itself."""

from datetime import datetime
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field

HELD_OUT = "held_out.npz"
"""File of a bundle with what its training kept of rows no expert had seen: logits by expert, labels, groups."""

Modality = Literal["text", "image"]
Situation = Literal["text", "image", "both"]
"""What a listing brings: text only, photo only, or both."""


class CategoryEntry(BaseModel):
    """A category the bundle knows; its place in the list is the class index."""

    prdtypecode: int
    name_fr: str
    name_en: str

    @classmethod
    def unnamed(cls, prdtypecode: int) -> Self:
        """A code without a name is shown as its number."""
        return cls(prdtypecode=prdtypecode, name_fr=str(prdtypecode), name_en=str(prdtypecode))


class ExpertEntry(BaseModel):
    """One expert of the bundle.

    Attributes:
        name: `linear`, `bigru`, `lite0`, `vgg16`, …: picks the class that reads `directory`.
        directory: relative to the bundle, for example `text/linear`.
        temperature: divides the expert's logits before the softmax (Guo et al. 2017).
        weight: its share in the answer; the weights of all experts add up to 1.
    """

    name: str
    modality: Modality
    directory: str
    temperature: float = Field(gt=0)
    weight: float = Field(ge=0, le=1)


class ConformalEntry(BaseModel):
    """A conformal promise: the set of categories whose cumulated probability reaches `threshold`.

    Attributes:
        measured: how often the sets held on held-out groups that their threshold was not chosen on, or None.
    """

    coverage: float = Field(gt=0, lt=1)
    threshold: float
    measured: float | None = Field(default=None, ge=0, le=1)


class SituationEntry(BaseModel):
    """Calibration of the final answer for listings with text only, photo only, or both.

    Attributes:
        temperature: applied to the fused probabilities (p ** (1 / temperature), renormalised).
        rows: held-out rows it was measured on.
        conformal: None where there were too few rows for the coverage.
    """

    temperature: float = Field(gt=0)
    rows: int
    conformal: ConformalEntry | None


class DataEntry(BaseModel):
    """The data behind the bundle."""

    fingerprint: str
    rows: int
    synthetic: bool


class FileEntry(BaseModel):
    """A file of the bundle, as it was when published."""

    sha256: str
    size_bytes: int


class Manifest(BaseModel):
    """`manifest.json`. A format this code does not know is refused.

    Attributes:
        fusion: how the votes of both modalities become one answer, by their weights: their geometric mean, or the sum
            that bundles had before.
    """

    model_config = ConfigDict(extra="forbid")

    format: Literal[1] = 1
    version: str
    created: datetime
    categories: list[CategoryEntry]
    data: DataEntry
    experts: list[ExpertEntry]
    fusion: Literal["sum", "geometric"] = "sum"
    situations: dict[Situation, SituationEntry]
    metrics: dict[str, Any]
    training: dict[str, Any]
    parent: str | None
    libraries: dict[str, str]
    files: dict[str, FileEntry]

    @property
    def codes(self) -> list[int]:
        """`prdtypecode` by class index."""
        return [category.prdtypecode for category in self.categories]

    def experts_of(self, modality: Modality) -> list[ExpertEntry]:
        return [expert for expert in self.experts if expert.modality == modality]
