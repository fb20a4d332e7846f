"""What a training goes on from when a worker was lost or it was stopped: every variable, and how far it came."""

import json
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from safetensors.numpy import load_file, save_file

from train.loop import Epoch

if TYPE_CHECKING:
    import keras

CHECKPOINT, DRAFT = "checkpoint-", "checkpoint.tmp"
RECORD, STATE, BEST = "progress.json", "variables.safetensors", "best.safetensors"


@dataclass(slots=True)
class Progressed:
    """How far a training came.

    Attributes:
        epoch: the one under way, from 1 on; step: steps of it that are done; losses: of these.
        seconds: that earlier parts of the epoch took.
        best_logits: (held-out rows, categories) of the best epoch; best_weights: of its model.
    """

    epoch: int = 1
    step: int = 0
    losses: list[float] = field(default_factory=list)
    seconds: float = 0.0
    history: list[Epoch] = field(default_factory=list)
    best_epoch: int = 0
    best_logits: np.ndarray | None = None
    best_weights: list[np.ndarray] = field(default_factory=list)

    def end_epoch(self, epoch: Epoch, logits: np.ndarray, weights: list[np.ndarray]) -> None:
        """Note what an epoch came to, and keep it where it is the best so far; without held-out rows, the last one."""
        best = [past.weighted_f1 for past in self.history if past.epoch == self.best_epoch]
        self.history.append(epoch)
        if not best or not epoch.weighted_f1 <= best[0]:
            self.best_epoch, self.best_logits, self.best_weights = epoch.epoch, logits, weights
        self.epoch, self.step, self.losses, self.seconds = self.epoch + 1, 0, [], 0.0

    def stale(self, patience: int) -> bool:
        """Whether so many epochs brought nothing better."""
        return bool(self.history) and self.history[-1].epoch - self.best_epoch >= patience


def write_checkpoint(now: Progressed, variables: Sequence["keras.Variable"], work_dir: Path) -> None:
    """Write a checkpoint in place of the one before, which stays whole until then.

    Ray Train's own are registered seconds after they are reported, and lost when a worker is lost before that.

    Args:
        variables: of model and optimizer, those of dropout's random numbers too.
    """
    draft = work_dir / DRAFT
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir()
    save_file({str(n): np.array(variable.value) for n, variable in enumerate(variables)}, draft / STATE)
    if now.best_logits is not None:
        weights = {f"weights/{n}": np.ascontiguousarray(array) for n, array in enumerate(now.best_weights)}
        save_file(weights | {"logits": now.best_logits}, draft / BEST)
    record = {name: getattr(now, name) for name in ("epoch", "step", "losses", "seconds", "best_epoch")}
    record["history"] = [asdict(epoch) for epoch in now.history]
    (draft / RECORD).write_text(json.dumps(record))
    number = 1 + max(_numbers(work_dir), default=0)
    draft.rename(work_dir / f"{CHECKPOINT}{number}")
    for older in range(1, number):
        shutil.rmtree(work_dir / f"{CHECKPOINT}{older}", ignore_errors=True)


def read_checkpoint(variables: Sequence["keras.Variable"], work_dir: Path) -> Progressed | None:
    """Set the variables to the last checkpoint; None where there is none."""
    numbers = _numbers(work_dir)
    if not numbers:
        return None
    folder = work_dir / f"{CHECKPOINT}{max(numbers)}"
    state = load_file(folder / STATE)
    for number, variable in enumerate(variables):
        variable.assign(state[str(number)])
    record = json.loads((folder / RECORD).read_text())
    record["history"] = [Epoch(**epoch) for epoch in record["history"]]
    if (folder / BEST).exists():
        best = load_file(folder / BEST)
        record["best_logits"] = best.pop("logits")
        record["best_weights"] = [best[f"weights/{n}"] for n in range(len(best))]
    return Progressed(**record)


def _numbers(work_dir: Path) -> list[int]:
    names = (path.name.removeprefix(CHECKPOINT) for path in work_dir.glob(f"{CHECKPOINT}*"))
    return [int(name) for name in names if name.isdecimal()]
