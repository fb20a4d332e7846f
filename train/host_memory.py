"""Adds up what the workers of one machine have, in memory that all of them see.

TensorFlow's way between processes is gRPC, on one machine as well: with the 12 MB of bigru's gradients a step takes
half as long again. The memory is a file without a name, so that nothing of it outlives the workers, however they end.
"""

import math
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

ALIGNED = 16
"""TensorFlow takes an array at a multiple of 16 values as it is, and copies any other."""


def open_host_memory() -> str:
    """Make the memory, which lives as long as this process; gives the path by which other processes find it.

    Empty where the system has no files without a name.
    """
    if not hasattr(os, "memfd_create"):
        return ""
    return f"/proc/{os.getpid()}/fd/{os.memfd_create('rayonnage')}"


class HostMemory:
    """One worker's view of the memory.

    It has two halves that take turns. A worker writes to a half again only after all have met once more since, and so
    have read it: one meeting at each sum is enough.

    Args:
        rank: of this worker among `workers`.
        shapes: of the variables that are trained. Memory is taken by those alone whose gradients are written.
    """

    def __init__(self, path: str, *, rank: int, workers: int, shapes: Sequence[tuple[int, ...]]) -> None:
        sizes = [math.prod(shape) for shape in shapes]
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
        self._shapes, self._rank, self._half = shapes, rank, 0

    def sum_over_workers(self, gradients: "Sequence[tf.Tensor | tf.IndexedSlices]") -> list:
        """Each variable's gradient summed, in a graph, on a replica. Those of embeddings are small, and go by gRPC."""
        import tensorflow as tf

        dense = [number for number, gradient in enumerate(gradients) if not isinstance(gradient, tf.IndexedSlices)]
        others = [number for number in range(len(gradients)) if number not in dense]
        places = [self._places[number] for number in dense]
        write = tf.numpy_function(partial(self._write, places), [gradients[number] for number in dense], tf.float32)
        met, *summed = tf.distribute.get_replica_context().all_reduce(
            tf.distribute.ReduceOp.SUM, [tf.ensure_shape(write, ()), *(gradients[number] for number in others)]
        )
        with tf.control_dependencies([met]):
            flat = tf.numpy_function(partial(self._read, places), [], [tf.float32] * len(places))
        all_summed = dict(zip(others, summed, strict=True))
        for number, values in zip(dense, flat, strict=True):
            # A gradient need not know its own shape, the variable does.
            all_summed[number] = tf.reshape(values, self._shapes[number])
        return [all_summed[number] for number in range(len(gradients))]

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
