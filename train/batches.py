"""Which rows are learned from together: the same batches on every worker, and again after a stop."""

import queue
import threading
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from train.loop import Plan

POOL = 64
"""Batches whose rows are sorted by length among each other: long enough to fit well, short enough to stay shuffled."""

LENGTH_STEP = 4
"""Texts are cut to a multiple of it, so that few shapes come up."""

OTHER_READING = 1 / 3
"""Share of the rows of which an epoch takes another reading than the first."""

END = None


class RowBatches:
    """The rows that a plan learns from, batch by batch.

    Args:
        inputs: (n, …), or (n, readings, …) where the plan says so; of all rows.
        class_index: (n,) int.
        train_rows: numbers of the rows that are learned from.
    """

    def __init__(self, plan: "Plan", inputs: np.ndarray, class_index: np.ndarray, train_rows: np.ndarray) -> None:
        self._plan, self._inputs, self._train_rows = plan, inputs, train_rows
        self._class_index = class_index.astype(np.int32)
        self._weights = class_weights(class_index[train_rows], plan.categories)[class_index]
        self._lengths = None if plan.pad_id is None else text_lengths(self.answered(slice(None)), plan.pad_id)
        self.steps = -(-len(train_rows) // plan.batch_size)

    def of_epoch(self, epoch: int) -> list[np.ndarray]:
        """Row numbers of each batch, see `epoch_batches`."""
        plan = self._plan
        return epoch_batches(self._train_rows, self._lengths, batch_size=plan.batch_size, seed=plan.seed, epoch=epoch)

    def read(
        self, batches: Sequence[np.ndarray], *, epoch: int, rank: int = 0, workers: int = 1
    ) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        """A worker's rows of each batch: inputs, class index, and weights that are a share of the whole batch."""
        plan = self._plan
        reading = self._readings(epoch) if plan.readings else None
        for batch in batches:
            own = batch[rank::workers]
            inputs = self._inputs[own]
            if reading is not None:
                inputs = inputs[np.arange(len(own)), reading[own]]
            if plan.pad_id is not None:
                inputs = cut(inputs, plan.pad_id)
            yield inputs, self._class_index[own], self._weights[own] / np.float32(len(batch))

    def answered(self, rows: np.ndarray | slice) -> np.ndarray:
        """(rows, …) what is answered of rows: their first reading."""
        inputs: np.ndarray = self._inputs[rows]
        return inputs[:, 0] if self._plan.readings else inputs

    def _readings(self, epoch: int) -> np.ndarray:
        """(n,) which reading of each row an epoch takes."""
        others = self._inputs.shape[1] - 1
        drawn = np.random.default_rng([self._plan.seed, epoch, 1]).random(len(self._inputs))
        return np.where(drawn < OTHER_READING, (drawn / OTHER_READING * others).astype(int) + 1, 0)


def class_weights(class_index: np.ndarray, categories: int) -> np.ndarray:
    """(categories,) float32: weights by the inverse root of a category's rows, with mean 1 over the rows.

    The root, because the plain inverse lets the smallest categories drive the gradient.
    """
    rows = np.bincount(class_index, minlength=categories)
    weights = 1 / np.sqrt(np.maximum(rows, 1))
    return (weights * len(class_index) / (weights * rows).sum()).astype(np.float32)


def epoch_batches(
    rows: np.ndarray, lengths: np.ndarray | None, *, batch_size: int, seed: int, epoch: int
) -> list[np.ndarray]:
    """Every row once, in batches of random rows that are about as long.

    Args:
        rows: (n,) int, numbers of the rows.
        lengths: of every row there is, by its number; None where all are the same.
    Returns:
        ceil(n / batch_size) arrays of row numbers; the same for the same seed and epoch.
    """
    random = np.random.default_rng([seed, epoch])
    order = random.permutation(rows)
    if lengths is not None:
        pool = POOL * batch_size
        for start in range(0, len(order), pool):
            part = order[start : start + pool]
            order[start : start + pool] = part[np.argsort(lengths[part], kind="stable")]
    batches = [order[start : start + batch_size] for start in range(0, len(order), batch_size)]
    return [batches[place] for place in random.permutation(len(batches))]


def text_lengths(token_ids: np.ndarray, pad_id: int) -> np.ndarray:
    """(…,) tokens of each text, 1 at least.

    Args:
        token_ids: (…, tokens), `pad_id` behind the end.
    """
    return np.maximum((token_ids != pad_id).sum(axis=-1), 1)


def cut(token_ids: np.ndarray, pad_id: int) -> np.ndarray:
    """(n, tokens) as far as the longest goes, rounded up."""
    longest = int(text_lengths(token_ids, pad_id).max(initial=1))
    return token_ids[:, : -(-longest // LENGTH_STEP) * LENGTH_STEP]


def ahead(batches: Iterator[tuple[np.ndarray, ...]]) -> Iterator[tuple[np.ndarray, ...]]:
    """The same batches, read by a thread while the one before is learned from."""
    ready: queue.Queue[tuple[np.ndarray, ...] | BaseException | None] = queue.Queue(maxsize=2)
    over = threading.Event()

    def put(item: tuple[np.ndarray, ...] | BaseException | None) -> None:
        while not over.is_set():
            try:
                ready.put(item, timeout=0.1)
                return
            except queue.Full:
                continue

    def read() -> None:
        try:
            for batch in batches:
                put(batch)
                if over.is_set():
                    return
            put(END)
        except BaseException as error:  # whatever it is, it belongs to who waits for the batch
            put(error)

    threading.Thread(target=read, name="batches", daemon=True).start()
    try:
        while (item := ready.get()) is not END:
            if isinstance(item, BaseException):
                raise item
            yield item
    finally:
        over.set()
