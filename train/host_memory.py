"""Adds up what the workers of one machine have, in memory that all of them see.

TensorFlow's way between processes is gRPC, on one machine as well: with the 12 MB of bigru's gradients a step takes
half as long again. The memory is a file without a name, so that nothing of it outlives the workers, however they end.
"""

import mmap
import os
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import tensorflow as tf

HOST_MEMORY_VARIABLE = "RAYONNAGE_HOST_MEMORY"
"""Where a worker finds the memory that it shares with all others; empty where they have none."""

CAN_SHARE = hasattr(os, "memfd_create")

ALIGNED = 16
"""TensorFlow takes an array at a multiple of 16 values as it is, and copies any other."""


def open_host_memory() -> str:
    """Make the memory, which lives as long as this process; gives the path by which other processes find it."""
    return f"/proc/{os.getpid()}/fd/{os.memfd_create('rayonnage')}"


class HostMemory:
    """One worker's view of the memory.

    It has two halves that take turns. A worker writes to a half again only after all have met once more since, and so
    have read it: one meeting at each sum is enough.

    Args:
        rank: of this worker among `workers`.
        sizes: values of each variable that is trained. Memory is taken by those alone whose gradients are written.
    """

    def __init__(self, path: str, *, rank: int, workers: int, sizes: Sequence[int]) -> None:
        ends = np.cumsum([-(-size // ALIGNED) * ALIGNED for size in sizes])
        starts = [0, *ends[:-1]]
        self._places = [slice(start, start + size) for start, size in zip(starts, sizes, strict=True)]
        length = int(ends[-1]) * np.dtype(np.float32).itemsize
        file = os.open(path, os.O_RDWR)
        os.ftruncate(file, 2 * workers * length)
        shared = mmap.mmap(file, 2 * workers * length)
        os.close(file)
        self._halves = np.frombuffer(shared, np.float32).reshape(2, workers, -1)
        self._summed = np.frombuffer(mmap.mmap(-1, length), np.float32)
        self._rank, self._half = rank, 0

    def sum_over_workers(self, gradients: "Sequence[tf.Tensor | tf.IndexedSlices]") -> list:
        """Each variable's gradient summed, in a graph, on a replica. Those of embeddings are small, and go by gRPC."""
        import tensorflow as tf

        is_dense = [not isinstance(gradient, tf.IndexedSlices) for gradient in gradients]
        dense = [gradient for gradient, here in zip(gradients, is_dense, strict=True) if here]
        places = [place for place, here in zip(self._places, is_dense, strict=True) if here]
        written = tf.ensure_shape(tf.numpy_function(partial(self._write, places), dense, tf.float32), ())
        others = [gradient for gradient, here in zip(gradients, is_dense, strict=True) if not here]
        met, *others = tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.SUM, [written, *others])
        with tf.control_dependencies([met]):
            flat = tf.numpy_function(partial(self._read, places), [], [tf.float32] * len(places))
        summed = iter([tf.reshape(values, gradient.shape) for values, gradient in zip(flat, dense, strict=True)])
        rest = iter(others)
        return [next(summed if here else rest) for here in is_dense]

    def _write(self, places: Sequence[slice], *arrays: np.ndarray) -> np.float32:
        """Put what this worker adds where the others can read it."""
        self._half = 1 - self._half
        for place, array in zip(places, arrays, strict=True):
            self._halves[self._half, self._rank, place] = array.ravel()
        return np.float32(0)

    def _read(self, places: Sequence[slice]) -> list[np.ndarray]:
        """Flat arrays that all workers' add up to, once all have written; they hold until the next sum."""
        half = self._halves[self._half]
        return [half[:, place].sum(axis=0, out=self._summed[place]) for place in places]
