"""The vgg16 expert (the reference design): a frozen VGG16, and two dense layers trained on its features."""

import shutil
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import openvino as ov
from safetensors.numpy import load_file, save_file

from bundle.image import resized
from bundle.openvino_runner import OpenvinoRunner
from datasets.photo import photo_key
from datasets.progress import Progress, silent
from train.check import check_openvino_against_keras, check_rows
from train.features import cached_features
from train.keras_job import KerasJob
from train.loop import Plan
from train.options import TrainOptions
from train.parallel import map_threads
from train.pixels import pixels_of
from train.vgg16 import BLOCKS, FEATURES, MEAN_RGB, VGG16_PX, backbone_weights, identity, vgg16_graph

if TYPE_CHECKING:
    import keras

    from train.spread import Compute

HIDDEN = 512


def train_vgg16(photos: Sequence[Path | bytes], job: KerasJob) -> np.ndarray:
    """Train vgg16's head and write what its expert needs: `model.xml`, `model.bin`, `model.keras`.

    The backbone stays as it is, also a random one: its features are computed once.

    Args:
        photos: (n,) that decode, as `job` has them.
    Returns:
        (n, categories) float32 logits of the best epoch, NaN in rows that are not held out.
    Raises:
        WeightsError: no weights to be had, or they do not fit.
        TrainError: nothing to train on, a loss that is not finite, or an OpenVINO form that answers otherwise.
    """
    backbone = backbone_weights(job.options.image_weights, seed=job.options.seed)
    features = vgg16_features(
        photos, backbone, cache_dir=job.cache_dir, workers=job.options.workers, progress=job.progress
    )
    job.work_dir.mkdir(parents=True, exist_ok=True)
    backbone_file = job.work_dir / "backbone.safetensors"
    save_file(backbone, backbone_file)
    pixels = _pixels([photos[place] for place in check_rows(job.is_held_out)])
    finish = partial(vgg16, backbone_file)
    plan = vgg16_plan(job.options, categories=job.categories, train_rows=job.train_rows, finish=finish)
    logits, trained = job.fit(features, check_inputs=pixels, plan=plan)
    job.directory.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(trained.model, job.directory / "model.keras")
    model = job.directory / "model.xml"
    ov.save_model(vgg16_graph(backbone, trained.weights), model, compress_to_fp16=True)
    check_openvino_against_keras("vgg16", model, {"pixels": pixels}, trained.check_logits)
    return logits


def vgg16_features(
    photos: Sequence[Path | bytes],
    backbone: dict[str, np.ndarray],
    *,
    cache_dir: Path,
    workers: int = 1,
    progress: Progress = silent,
) -> np.ndarray:
    """(n, FEATURES) float16 features of photos that decode by OpenVINO, from the cache where it has them."""

    def load(threads: int | None) -> "Compute":
        runner = OpenvinoRunner(vgg16_graph(backbone), threads=threads, throughput=True)
        return lambda places: runner.run(_pixels([photos[place] for place in places]))

    return cached_features(
        map_threads(photo_key, photos),
        load,
        backbone=identity(backbone),
        cache_dir=cache_dir,
        workers=workers,
        progress=progress,
        dtype=np.float16,
    )


def _pixels(photos: Sequence[Path | bytes]) -> np.ndarray:
    """(n, VGG16_PX, VGG16_PX, 3) uint8, made as the served expert makes them."""
    return resized(pixels_of(photos), VGG16_PX)


def vgg16_plan(options: TrainOptions, *, categories: int, train_rows: int, **more: Any) -> Plan:
    """How vgg16's head is trained; `more` as `Plan.of` takes it."""
    build = partial(vgg16_head, categories=categories)
    return Plan.of("vgg16", options, build=build, categories=categories, train_rows=train_rows, **more)


def vgg16_head(*, categories: int) -> "keras.Model":
    """What is trained: (n, FEATURES) features, dense 512, dense 512, (n, categories) logits."""
    import keras

    features = keras.Input((FEATURES,), name="features")
    hidden = keras.layers.Dense(HIDDEN, activation="relu", name="hidden1")(features)
    hidden = keras.layers.Dense(HIDDEN, activation="relu", name="hidden2")(hidden)
    return keras.Model(features, keras.layers.Dense(categories, name="logits")(hidden), name="vgg16_head")


def vgg16(backbone_file: Path, head: "keras.Model") -> "keras.Model":
    """What is kept: (n, VGG16_PX, VGG16_PX, 3) uint8 RGB pixels through the backbone and a trained head."""
    import keras

    pixels = keras.Input((VGG16_PX, VGG16_PX, 3), dtype="uint8", name="pixels")
    x = keras.layers.Rescaling(1.0, offset=[-mean for mean in MEAN_RGB], name="centred")(pixels)
    for block, (count, channels) in enumerate(BLOCKS, 1):
        for number in range(1, count + 1):
            name = f"block{block}_conv{number}"
            x = keras.layers.Conv2D(channels, 3, padding="same", activation="relu", name=name)(x)
        x = keras.layers.MaxPooling2D(2, name=f"block{block}_pool")(x)
    x = keras.layers.Flatten(name="flatten")(x)
    for layer in head.layers[1:]:
        x = layer(x)
    model = keras.Model(pixels, x, name="vgg16")
    backbone = load_file(backbone_file)
    for layer in model.layers:
        if f"{layer.name}/kernel" in backbone:
            layer.set_weights([backbone[f"{layer.name}/kernel"], backbone[f"{layer.name}/bias"]])
            layer.trainable = False
    return model
