"""Trains the last blocks of `lite0`'s backbone with its head; what the blocks before them answer is computed once."""

import shutil
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from safetensors.numpy import load_file, save_file

from bundle.expert_lite0 import KERAS_MODEL, MODEL, Lite0Expert
from bundle.image import IMAGE_PX
from bundle.lite0 import Block, build_lite0, lite0_blocks, load_lite0_weights
from bundle.openvino_runner import OpenvinoRunner
from datasets.photo import photo_key
from train.check import check_openvino_against_keras, check_rows
from train.error import TrainError
from train.features import cached_features
from train.keras_job import KerasJob
from train.keras_lite0 import lite0_blocks_keras, lite0_keras, set_lite0_weights
from train.lite0_head import fit_lite0_head, lite0_features, lite0_identity
from train.loop import Plan
from train.parallel import map_threads
from train.pixels import pixels_of
from train.refit import fit_and_refit

if TYPE_CHECKING:
    import keras

    from train.spread import Compute

PATIENCE = 2
DROPOUT = 0.2
LABEL_SMOOTHING = 0.1
WARM_UP = 0.1
MOST_BLOCKS = 8
"""Before the ninth from the end, what is kept of a photo is larger than the photo."""


def fine_tune_lite0(photos: Sequence[Path], job: KerasJob) -> np.ndarray:
    """Train the last `options.fine_tune_blocks` blocks, the top and the head, on photos as they are and mirrored.

    Args:
        photos: (n,) that decode, as `job` has them.
    Returns:
        (n, categories) float32 logits of the best epoch, NaN in rows that are not held out.
    Raises:
        TrainError: too many blocks, nothing to train on, a loss that is not finite, or an OpenVINO form that answers
            otherwise.
    """
    options = job.options
    count = options.fine_tune_blocks
    if count > MOST_BLOCKS:
        raise TrainError(f"--fine-tune-blocks {count}: at most the last {MOST_BLOCKS} can be trained")
    trained_blocks = list(lite0_blocks())[-count:]
    shipped = load_lite0_weights()
    given = _given(photos, trained_blocks[0], job)
    job.work_dir.mkdir(parents=True, exist_ok=True)
    start = job.work_dir / "start.safetensors"
    if not start.exists():
        features = lite0_features(list(photos), cache_dir=job.cache_dir, workers=options.workers, progress=job.progress)
        fitted = ~job.is_held_out
        coef, bias = fit_lite0_head(
            features[fitted],
            job.class_index[fitted],
            categories=job.categories,
            seed=options.seed,
            settings=options.lite0,
        )
        save_file(shipped | {"logits/kernel": coef, "logits/bias": bias}, start)
    pixels = pixels_of([photos[place] for place in check_rows(job.is_held_out)])
    plan = Plan.of(
        "lite0",
        options,
        build=partial(lite0_tail, start, trained_blocks),
        categories=job.categories,
        train_rows=job.train_rows,
        finish=partial(_whole, start),
        patience=PATIENCE,
        warm_up=WARM_UP,
        label_smoothing=LABEL_SMOOTHING,
        readings=True,
    )
    logits, trained = fit_and_refit(job, given, check_inputs=pixels, plan=plan)
    backbone = _named(trained.weights)
    coef, bias = backbone.pop("logits/kernel"), backbone.pop("logits/bias")
    Lite0Expert.save(job.directory, coef=coef, bias=bias, backbone=shipped | backbone)
    shutil.copyfile(trained.model, job.directory / KERAS_MODEL)
    check_openvino_against_keras("lite0", job.directory / MODEL, {"pixels": pixels}, trained.check_logits)
    return logits


def lite0_tail(start: Path, blocks: Sequence[Block]) -> "keras.Model":
    """What is trained: (n, height * width * channels) before the first of the blocks to (n, categories) logits."""
    import keras

    arrays = load_file(start)
    side = IMAGE_PX // (32 if blocks[0].channels_in == 192 else 16)
    flat = keras.Input((side * side * blocks[0].channels_in,), name="given")
    x = keras.layers.Reshape((side, side, blocks[0].channels_in), name="places")(flat)
    x = keras.layers.Dropout(DROPOUT, name="dropout")(lite0_blocks_keras(x, blocks))
    model = keras.Model(flat, keras.layers.Dense(len(arrays["logits/bias"]), dtype="float32", name="logits")(x))
    set_lite0_weights(model, arrays)
    return model


def _whole(start: Path, tail: "keras.Model") -> "keras.Model":
    """The whole network, from pixels, with the trained blocks in their places."""
    trained = load_file(start) | _named({variable.path: np.asarray(variable.value) for variable in tail.weights})
    return lite0_keras(trained.pop("logits/kernel"), trained.pop("logits/bias"), backbone=trained)


def _named(weights: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Keras' names as `bundle.lite0` has them: `block15_expand/kernel` is `block15/expand/kernel`."""
    return {name.replace("_", "/", 1) if name.startswith("block") else name: own for name, own in weights.items()}


def _given(photos: Sequence[Path], block: Block, job: KerasJob) -> np.ndarray:
    """(n, 2, height * width * channels) float16: what a block is given, of each photo as it is and mirrored."""

    def load(threads: int | None) -> "Compute":
        graph = build_lite0(load_lite0_weights(), before=block.name)
        runner = OpenvinoRunner(graph, threads=threads, throughput=True)

        def compute(places: list[int]) -> np.ndarray:
            pixels = pixels_of([photos[place] for place in places])
            return np.stack([runner.run(pixels), runner.run(np.ascontiguousarray(pixels[:, :, ::-1]))], axis=1)

        return compute

    return cached_features(
        map_threads(photo_key, list(photos)),
        load,
        backbone=f"{lite0_identity()}-before-{block.name}",
        cache_dir=job.cache_dir,
        workers=job.options.workers,
        progress=job.progress,
        dtype=np.float16,
    )
