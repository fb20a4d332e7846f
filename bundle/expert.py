"""What every expert of a bundle can do, and how one is opened by its name.

A new expert is one module with a class, and one line in `EXPERTS`.
"""

from importlib import import_module
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
from safetensors import SafetensorError

from bundle.error import DamagedBundleError
from bundle.manifest import ExpertEntry

Device = Literal["cpu", "gpu"]

EXPERTS = {
    "linear": "bundle.expert_linear:LinearExpert",
    "e5": "bundle.expert_e5:E5Expert",
    "bigru": "bundle.expert_bigru:BigruExpert",
    "lite0": "bundle.expert_lite0:Lite0Expert",
    "vgg16": "bundle.expert_vgg16:Vgg16Expert",
}
"""Module and class of each expert; imported when one is opened, so that a replica carries only what it uses."""


class Expert(Protocol):
    """One model of one modality. Safe to call from several threads."""

    def logits(self, batch: Any, /) -> np.ndarray:
        """Raw scores of a batch.

        Args:
            batch: text experts get `Sequence[CleanText]`, image experts (n, IMAGE_PX, IMAGE_PX, 3) uint8.
        Returns:
            (n, categories) float32, in the order of the manifest's categories.
        """
        ...


class ExpertClass(Protocol):
    """The class behind an expert's name."""

    def open(self, directory: Path, *, threads: int | None, device: Device) -> Expert: ...


def open_expert(bundle_dir: Path, entry: ExpertEntry, *, threads: int | None, device: Device) -> Expert:
    """Load one expert of a bundle.

    Args:
        threads: CPU threads it may use; None means all.
    Raises:
        DamagedBundleError: this program has no expert of that name, or its files are not such an expert's.
    """
    if entry.name not in EXPERTS:
        known = ", ".join(EXPERTS)
        raise DamagedBundleError("manifest.json", f"expert {entry.name!r} is unknown to this version (known: {known})")
    directory = bundle_dir / entry.directory
    try:
        return expert_class(entry.name).open(directory, threads=threads, device=device)
    except (OSError, ValueError, KeyError, SafetensorError) as error:
        raise DamagedBundleError(str(directory), f"holds no {entry.name} expert ({error})") from error


def expert_class(name: str) -> ExpertClass:
    """The class of an expert, imported now."""
    module, _, class_name = EXPERTS[name].partition(":")
    return getattr(import_module(module), class_name)
