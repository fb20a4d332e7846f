"""What a sweep may change: the settings of each expert, and between which values."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from train.options import TrainOptions
from tune.error import TuneError

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution


@dataclass(frozen=True, slots=True)
class Range:
    """Numbers between two others, both included; `log` samples their order of magnitude."""

    low: float
    high: float
    log: bool = False


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a few values, of which none is between others."""

    values: tuple[int, ...]


Space = dict[str, Range | Choice]
"""Setting by its name in `TrainOptions`, for example `bigru.dropout` -> its range."""

BATCH_SIZES = Choice((0, 16, 32, 64, 128))
"""0 lets the number of rows decide, as the defaults do."""

HEAD: Space = {"inverse_regularisation": Range(1e-4, 0.3, log=True)}
"""Of a linear head on standardised features of a frozen backbone."""

SPACES: dict[str, Space] = {
    "linear": {"inverse_regularisation": Range(0.02, 5.0, log=True)},
    "e5": HEAD,
    "bigru": {
        "learning_rate": Range(2e-4, 5e-3, log=True),
        "dropout": Range(0.0, 0.6),
        "label_smoothing": Range(0.0, 0.2),
        "batch_size": BATCH_SIZES,
    },
    "lite0": HEAD,
    "vgg16": {"learning_rate": Range(1e-5, 1e-3, log=True), "batch_size": BATCH_SIZES},
}

FINE_TUNED_E5: Space = {
    "learning_rate": Range(2e-5, 4e-4, log=True),
    "warm_up": Range(0.0, 0.3),
    "label_smoothing": Range(0.0, 0.15),
}


def space_of(options: TrainOptions) -> Space:
    """Every setting of the experts named, by its dotted name.

    Raises:
        TuneError: `lite0`'s last blocks are to be trained, which no trial can do.
    """
    if options.fine_tune_blocks:
        raise TuneError("a sweep searches the head of lite0: leave out --fine-tune-blocks")
    space: Space = {}
    for expert in (*options.text, *options.image):
        own = FINE_TUNED_E5 if expert == "e5" and options.fine_tune else SPACES[expert]
        space |= {f"{expert}.{name}": values for name, values in own.items()}
    return space


def point_of(options: TrainOptions, space: Space) -> dict[str, float]:
    """Where options stand in a space."""
    return {name: getattr(getattr(options, name.split(".")[0]), name.split(".")[1]) for name in space}


def options_at(options: TrainOptions, point: Mapping[str, float]) -> TrainOptions:
    """The options with the settings of a point."""
    plain: dict[str, Any] = options.as_dict()
    for name, value in point.items():
        expert, _, setting = name.partition(".")
        plain[expert] = {**plain[expert], setting: value}
    return TrainOptions.from_mapping(plain)


def distributions(space: Space) -> "dict[str, BaseDistribution]":
    """The space as Optuna takes it."""
    from optuna.distributions import CategoricalDistribution, FloatDistribution

    return {
        name: CategoricalDistribution(values.values)
        if isinstance(values, Choice)
        else FloatDistribution(values.low, values.high, log=values.log)
        for name, values in space.items()
    }
