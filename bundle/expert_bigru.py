"""The bigru expert: a bidirectional GRU over the first 50 words of a text."""

from collections.abc import Sequence
from pathlib import Path
from threading import Lock

import numpy as np

from bundle.error import DamagedBundleError
from bundle.expert import Device
from bundle.openvino_runner import CORE, cpu_config
from bundle.text import CleanText
from bundle.tokenizer import MAX_TOKENS, PAD_ID, Tokenizer

BATCH = 32


class BigruExpert:
    """Reads `tokenizer.json` and, on the CPU, `model.xml`; on a GPU, `model.keras`."""

    def __init__(self, tokenizer: Tokenizer, network: "OpenvinoBigru | KerasBigru") -> None:
        self._tokenizer = tokenizer
        self._network = network

    @classmethod
    def open(cls, directory: Path, *, threads: int | None, device: Device) -> "BigruExpert":
        """Load the expert.

        Raises:
            DamagedBundleError: a file is missing or cannot be read.
        """
        tokenizer = Tokenizer.open(directory / "tokenizer.json")
        if device == "gpu":
            return cls(tokenizer, KerasBigru(directory / "model.keras"))
        return cls(tokenizer, OpenvinoBigru(directory / "model.xml", threads=threads))

    def logits(self, batch: Sequence[CleanText], /) -> np.ndarray:
        """(n,) texts to (n, categories) float32 logits."""
        texts = [joined(text) for text in batch]
        if not texts:
            return np.empty((0, self._network.categories), np.float32)
        token_ids, lengths = self._tokenizer.encode(texts)
        logits = np.empty((len(texts), self._network.categories), np.float32)
        # Texts of like length go together: a batch is computed to its longest.
        order = np.argsort(lengths, kind="stable")
        for start in range(0, len(order), BATCH):
            rows = order[start : start + BATCH]
            longest = int(lengths[rows].max())
            logits[rows] = self._network.run(token_ids[rows, :longest], lengths[rows])
        return logits


def joined(text: CleanText) -> str:
    """What the tokenizer reads: the title first, because only the first 50 words count."""
    return f"{text.designation} {text.description}".strip()


class OpenvinoBigru:
    """The network on the CPU; safe to call from several threads."""

    def __init__(self, path: Path, *, threads: int | None) -> None:
        try:
            model = CORE.read_model(path)
        except RuntimeError as error:
            raise DamagedBundleError(str(path), f"not an OpenVINO model ({error})") from error
        compiled = CORE.compile_model(
            model, "CPU", cpu_config(threads=threads) | {"PERFORMANCE_HINT": "LATENCY", "NUM_STREAMS": 1}
        )
        self.categories = compiled.output(0).partial_shape[1].get_length()
        self._request = compiled.create_infer_request()
        self._lock = Lock()

    def run(self, token_ids: np.ndarray, lengths: np.ndarray) -> np.ndarray:
        """(n, tokens) and (n,) int32 to (n, categories) float32 logits."""
        with self._lock:
            self._request.infer({"token_ids": np.ascontiguousarray(token_ids), "lengths": lengths})
            return self._request.get_output_tensor(0).data.copy()


class KerasBigru:
    """The network on a GPU, by TensorFlow."""

    def __init__(self, path: Path) -> None:
        from bundle.keras_runner import KerasRunner

        self._runner = KerasRunner.open(path)
        self.categories = self._runner.width

    def run(self, token_ids: np.ndarray, lengths: np.ndarray) -> np.ndarray:  # noqa: ARG002
        """(n, tokens) and (n,) int32 to (n, categories) float32 logits; the mask tells the lengths."""
        # One length, one set of kernels.
        full = np.full((len(token_ids), MAX_TOKENS), PAD_ID, np.int32)
        full[:, : token_ids.shape[1]] = token_ids
        return self._runner.run(full)
