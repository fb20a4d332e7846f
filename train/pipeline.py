"""From a dataset to a published bundle: fit every expert, calibrate, fuse, measure, publish."""

import platform
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version as library_version
from pathlib import Path
from typing import Any

import numpy as np

from bundle.manifest import HELD_OUT, CategoryEntry, DataEntry, Manifest
from bundle.store import ModelStore
from datasets.dataset import Dataset
from datasets.fingerprint import fingerprint
from datasets.progress import Progress, silent
from train.expert import fit_experts
from train.fitted import FittedExpert, Kept
from train.fusion import search_weights
from train.loop import unheard
from train.measure import calibrate, measure
from train.options import TrainOptions
from train.plots import write_plots
from train.rows import Rows, labelled_rows
from train.tracker import Tracker

LIBRARIES = ("ray", "numpy", "scikit-learn", "openvino", "tokenizers", "safetensors", "pillow")


@dataclass(frozen=True, slots=True)
class Trained:
    """What a training published. `metrics` are those of the manifest, on held-out rows."""

    version: str
    metrics: dict[str, Any]
    notes: list[str]
    seconds: float


def train(
    dataset: Dataset,
    store: ModelStore,
    options: TrainOptions,
    *,
    cache_dir: Path,
    promote: bool = True,
    progress: Progress = silent,
    kept: Kept | None = None,
    tracker: Tracker | None = None,
) -> Trained:
    """Train the experts on a dataset and publish them as one bundle.

    Temperatures, fusion weights, thresholds and metrics come from rows of groups that the answering model never saw.

    Args:
        cache_dir: where features of frozen backbones are kept between trainings.
        promote: make the new version champion.
        kept: of the champion, for a small training; its categories hold all of the dataset's.
        tracker: follows the training, and keeps what a stopped one goes on from.
    Raises:
        TrainError: the data cannot be learned from, or a served form answers otherwise than the trained one.
    """
    started = time.monotonic()
    progress("split", 0, 1)
    categories = kept.categories if kept else [CategoryEntry(**asdict(dataset.taxonomy[c])) for c in dataset.codes]
    rows = labelled_rows(dataset, codes=[category.prdtypecode for category in categories], seed=options.seed)
    data = DataEntry(fingerprint=fingerprint(dataset), rows=len(rows.class_index), synthetic=dataset.synthetic)
    if tracker is not None:
        tracker.data(fingerprint=data.fingerprint, rows=data.rows)
    progress("split", 1, 1)
    with store.staging() as staging:
        fitted, notes = fit_experts(
            rows,
            options,
            categories=len(categories),
            staging=staging,
            cache_dir=cache_dir,
            progress=progress,
            kept=kept,
            work_dir=tracker.run.work if tracker else None,
            on_epoch=tracker.epoch if tracker else unheard,
        )
        progress("fuse", 0, 1)
        manifest = new_manifest(categories, data, fitted, rows.class_index)
        manifest.training, manifest.parent = options.as_dict() | {"small": kept is not None}, store.champion()
        manifest.situations, answers = calibrate(manifest, fitted, rows.class_index, rows.groups)
        manifest.metrics = measure(answers, rows.class_index)
        write_held_out(staging / HELD_OUT, fitted, rows)
        answered = ~np.isnan(answers["fusion"][:, 0])
        plots = write_plots(staging / "plots", answers["fusion"][answered], rows.class_index[answered], categories)
        pictures = {plot.stem: plot.read_bytes() for plot in plots}
        version = store.publish(staging, manifest, promote=promote)
        progress("fuse", 1, 1)
    if tracker is not None:
        tracker.finish(
            store.manifest(version),
            answers,
            rows.class_index,
            plots=pictures,
            experts={expert.name: expert.held_out.probabilities for expert in fitted},
            titles=[text.designation for text in rows.texts],
            source=store.address(version),
            champion=store.champion(),
            notes=notes,
        )
    return Trained(version, manifest.metrics, notes, time.monotonic() - started)


def write_held_out(path: Path, fitted: Sequence[FittedExpert], rows: Rows) -> None:
    """Keep what `rayonnage tune fusion` searches over: `class_index`, `groups` and `logits_<expert>` (float16)."""
    logits = {f"logits_{expert.name}": expert.logits.astype(np.float16) for expert in fitted}
    arrays: dict[str, Any] = {"class_index": rows.class_index, "groups": rows.groups, **logits}
    np.savez_compressed(path, **arrays)


def new_manifest(
    categories: list[CategoryEntry], data: DataEntry, fitted: Sequence[FittedExpert], class_index: np.ndarray
) -> Manifest:
    """The manifest of fitted experts, weights searched; calibration, metrics and files are filled in later."""
    weights = search_weights([expert.held_out for expert in fitted], class_index, wary=data.synthetic)
    return Manifest(
        version="",
        created=datetime.now(UTC),
        categories=categories,
        data=data,
        experts=[expert.entry(weights[expert.name]) for expert in fitted],
        fusion="geometric",
        situations={},
        metrics={},
        training={},
        parent=None,
        libraries={"python": platform.python_version(), **{name: library_version(name) for name in LIBRARIES}},
        files={},
    )
