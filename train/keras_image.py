"""The vgg16 expert (the reference design): a frozen VGG16, and two dense layers trained on its features."""

import shutil
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import openvino as ov
from safetensors.numpy import load_file, save_file

from bundle.image import IMAGE_PX, prepare_image
from bundle.openvino_runner import OpenvinoRunner
from datasets.photo import photo_key
from datasets.progress import Progress, silent
from train.check import check_openvino_against_keras, check_rows
from train.features import cached_features
from train.loop import OnEpoch, Plan, batch_size_of, fit, unheard
from train.options import TrainOptions
from train.parallel import map_threads
from train.vgg16 import BLOCKS, FEATURES, MEAN_RGB, backbone_weights, identity, vgg16_graph

if TYPE_CHECKING:
    import keras

HIDDEN = 512
PATIENCE = 3


def train_vgg16(
    photos: Sequence[Path | bytes],
    class_index: np.ndarray,
    is_held_out: np.ndarray,
    *,
    categories: int,
    options: TrainOptions,
    directory: Path,
    work_dir: Path,
    cache_dir: Path,
    names: Sequence[str] | None = None,
    progress: Progress = silent,
    on_epoch: OnEpoch = unheard,
) -> np.ndarray:
    """Train vgg16's head and write what its expert needs: `model.xml`, `model.bin`, `model.keras`.

    The backbone stays as it is, also a random one: its features are computed once, by OpenVINO, and kept in
    `cache_dir`.

    Args:
        photos: (n,) that decode; at least one is held out and one is not.
        class_index: (n,) int; is_held_out: (n,) bool.
        options: of which `vgg16`, `image_weights`, epochs, seed and workers count.
        directory: of the expert in the bundle.
        work_dir: for checkpoints and intermediate files; the caller removes it.
        names: of the rows, for errors.
    Returns:
        (n, categories) float32 logits of the best epoch, NaN in rows that are not held out.
    Raises:
        WeightsError: no weights to be had, or they do not fit.
        TrainError: nothing to train on, a loss that is not finite, or an OpenVINO form that answers otherwise.
    """
    settings = options.vgg16
    backbone = backbone_weights(options.image_weights, seed=options.seed)
    runner = OpenvinoRunner(vgg16_graph(backbone), threads=None, throughput=True)

    def compute(places: list[int]) -> np.ndarray:
        return runner.run(np.stack(map_threads(prepare_image, [photos[place] for place in places])))

    features = cached_features(
        map_threads(photo_key, photos),
        compute,
        backbone=identity(backbone),
        cache_dir=cache_dir,
        progress=progress,
        dtype=np.float16,
    )
    work_dir.mkdir(parents=True, exist_ok=True)
    backbone_file = work_dir / "backbone.safetensors"
    save_file(backbone, backbone_file)
    pixels = np.stack([prepare_image(photos[place]) for place in check_rows(is_held_out)])
    trained = fit(
        features,
        class_index,
        is_held_out,
        check_inputs=pixels,
        plan=Plan(
            expert="vgg16",
            build=partial(vgg16_head, categories=categories),
            finish=partial(vgg16, backbone_file),
            categories=categories,
            epochs=options.epochs_of("vgg16"),
            batch_size=options.batch_size or settings.batch_size or batch_size_of(is_held_out),
            learning_rate=settings.learning_rate,
            patience=PATIENCE,
            seed=options.seed,
            workers=options.workers,
            gpus_per_worker=options.gpus_per_worker,
        ),
        work_dir=work_dir,
        names=names,
        progress=progress,
        on_epoch=on_epoch,
    )
    directory.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(trained.model, directory / "model.keras")
    ov.save_model(vgg16_graph(backbone, trained.weights), directory / "model.xml", compress_to_fp16=True)
    check_openvino_against_keras("vgg16", directory / "model.xml", {"pixels": pixels}, trained.check_logits)
    logits = np.full((len(photos), categories), np.nan, np.float32)
    logits[is_held_out] = trained.held_out_logits
    return logits


def vgg16_head(*, categories: int) -> "keras.Model":
    """What is trained: (n, FEATURES) features, dense 512, dense 512, (n, categories) logits."""
    import keras

    features = keras.Input((FEATURES,), name="features")
    hidden = keras.layers.Dense(HIDDEN, activation="relu", name="hidden1")(features)
    hidden = keras.layers.Dense(HIDDEN, activation="relu", name="hidden2")(hidden)
    return keras.Model(features, keras.layers.Dense(categories, name="logits")(hidden), name="vgg16_head")


def vgg16(backbone_file: Path, head: "keras.Model") -> "keras.Model":
    """What is kept: (n, IMAGE_PX, IMAGE_PX, 3) uint8 RGB pixels through the backbone and a trained head."""
    import keras

    pixels = keras.Input((IMAGE_PX, IMAGE_PX, 3), dtype="uint8", name="pixels")
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
