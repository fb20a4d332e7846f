"""Publishes a bundle that is another one with new fusion weights and temperatures."""

import shutil
from pathlib import Path

from bundle.manifest import Manifest
from bundle.store import ModelStore
from train.fitted import FittedExpert
from train.measure import calibrate, measure
from train.plots import write_plots
from tune.fusion_point import FusionPoint
from tune.held_out import HeldOutLogits

PLOTS = "plots"


def publish_point(
    store: ModelStore, version: str, point: FusionPoint, held_out: HeldOutLogits, *, promote: bool
) -> str:
    """Publish `version` with the weights and temperatures of a point; the experts themselves stay as they are.

    Situation temperatures, conformal thresholds, metrics and plots are made anew from the held-out rows.

    Args:
        held_out: of that bundle, all rows.
        promote: make the new version champion.
    Returns:
        The new version; its parent is `version`.
    """
    source = store.open_path(version)
    parent = store.manifest(version)
    fitted = [
        FittedExpert(expert.name, expert.modality, held_out.logits[expert.name], point.temperatures[expert.name])
        for expert in parent.experts
    ]
    with store.staging() as staging:
        _copy_files(source, staging, parent)
        experts = [
            expert.model_copy(
                update={"weight": point.weights[expert.name], "temperature": point.temperatures[expert.name]}
            )
            for expert in parent.experts
        ]
        manifest = parent.model_copy(
            update={
                "experts": experts,
                "fusion": "geometric",
                "parent": version,
                "training": {**parent.training, "fusion_tuned": True},
            }
        )
        situations, answers = calibrate(manifest, fitted, held_out.class_index, held_out.groups)
        manifest = manifest.model_copy(
            update={"situations": situations, "metrics": measure(answers, held_out.class_index)}
        )
        write_plots(staging / PLOTS, answers["fusion"], held_out.class_index, manifest.categories)
        return store.publish(staging, manifest, promote=promote)


def _copy_files(source: Path, staging: Path, manifest: Manifest) -> None:
    """Copy what the manifest names, without the plots, which are drawn anew."""
    for name in manifest.files:
        if not name.startswith(f"{PLOTS}/"):
            target = staging / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source / name, target)
