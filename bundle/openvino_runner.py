"""Runs an OpenVINO model on the CPU, one row at a time; `cpu_config` chooses threads and precision."""

from pathlib import Path
from threading import Lock
from typing import Any, Self

import numpy as np
import openvino as ov

from bundle.error import DamagedBundleError

CORE = ov.Core()
"""The one of the process. Each that first uses a CPU gives its thread a signal stack of its own; of two, the second to
go sets up the stack of the first again, which is gone, and the next Ctrl-C or SIGTERM crashes the process."""


class OpenvinoRunner:
    """A compiled model with one input and one output; safe to call from several threads.

    Rows are computed one by one. For image networks on a CPU a batch saves nothing (EfficientNet-Lite0 on 2 threads:
    9 ms alone, 12 to 40 ms a row in batches), every new batch size has kernels compiled first (0.1 to 2 s), and a row
    computed alone has the same result, to the bit, in any company.

    Args:
        model: its first axis is the batch.
        threads: CPU threads; None means all.
        throughput: give each row one thread and work on several rows at once, for long lists. A lone row is faster
            without.
    """

    def __init__(self, model: ov.Model, *, threads: int | None, throughput: bool = False) -> None:
        model = model.clone()
        model.reshape([1, *list(model.input(0).partial_shape)[1:]])
        config: dict[str, Any] = cpu_config(threads=threads)
        config["PERFORMANCE_HINT"] = "THROUGHPUT" if throughput else "LATENCY"
        compiled = CORE.compile_model(model, "CPU", config)
        self.row_shape: tuple[int, ...] = tuple(compiled.input(0).shape)[1:]
        self._width = compiled.output(0).shape[1]
        self._queue = ov.AsyncInferQueue(compiled, 0 if throughput else 1)
        self._queue.set_callback(_keep)
        self._lock = Lock()

    @classmethod
    def open(cls, path: Path, *, threads: int | None) -> Self:
        """Read `model.xml` and `model.bin` of a bundle.

        Raises:
            DamagedBundleError: a file is missing or is no OpenVINO model.
        """
        try:
            model = CORE.read_model(path)
        except RuntimeError as error:
            reason = str(error).strip().splitlines()[-1]
            raise DamagedBundleError(str(path), f"is no OpenVINO model ({reason})") from error
        return cls(model, threads=threads)

    def run(self, rows: np.ndarray) -> np.ndarray:
        """Args: rows (n, …) of the model's input type. Returns: (n, width) float32."""
        output = np.empty((len(rows), self._width), np.float32)
        with self._lock:
            for index in range(len(rows)):
                self._queue.start_async([rows[index : index + 1]], (output, index))
            self._queue.wait_all()
        return output


def cpu_config(*, threads: int | None) -> dict[str, Any]:
    """Threads, and bf16 where the CPU computes in it (half the time, measured), else f32."""
    has_bf16 = "BF16" in CORE.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    config: dict[str, Any] = {"INFERENCE_PRECISION_HINT": "bf16" if has_bf16 else "f32"}
    # Several replicas share few cores: pinned, they would sit on the same one.
    config["ENABLE_CPU_PINNING"] = False
    if threads is not None:
        config["INFERENCE_NUM_THREADS"] = threads
    return config


def _keep(request: ov.InferRequest, target: tuple[np.ndarray, int]) -> None:
    output, index = target
    output[index] = request.get_output_tensor(0).data[0]
