"""What a training is given that makes a challenger of the champion, and what comes of it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from bundle.store import ModelStore
from datasets.progress import Progress


@dataclass(frozen=True, slots=True)
class Order:
    """A challenger that is wanted.

    Attributes:
        base: folders that the champion learned from.
        products: folder of the products sold since, or None where there are none.
        cache_dir: where features of frozen backbones are kept between trainings.
        home: RAYONNAGE_HOME, where trainings leave their runs.
        mlflow_uri: the setting of that name.
        promote: make the challenger champion.
        release_cpu: to be called before work is given to Ray, which wants the CPU that is held for this process.
    """

    base: list[Path]
    products: Path | None
    store: ModelStore
    cache_dir: Path
    home: Path
    mlflow_uri: str | None
    promote: bool
    progress: Progress
    release_cpu: Callable[[], None]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an order.

    Attributes:
        version: of the challenger, or None where there is none because the champion is as good.
        metrics: on held-out rows, in the shape of `rayonnage evaluate --json`.
        note: what a reader should know beside it, or "".
    """

    version: str | None
    metrics: dict[str, Any]
    note: str


class MakeChallenger(Protocol):
    """One way to make a challenger."""

    def __call__(self, order: Order, /) -> Outcome: ...
