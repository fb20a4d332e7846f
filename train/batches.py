"""Which rows are learned from together: the same batches on every worker, and again after a stop."""

import queue
import threading
from collections.abc import Iterator

import numpy as np

POOL = 64
"""Batches whose rows are sorted by length among each other: long enough to fit well, short enough to stay shuffled."""

LENGTH_STEP = 4
"""Texts are cut to a multiple of it, so that few shapes come up."""

END = None


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
