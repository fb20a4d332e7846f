"""Trains a challenger of the champion, with the experts that the champion has."""

from bundle.challenger import Order, Outcome
from datasets.folder import load_folders
from train.error import TrainError
from train.options import TrainOptions
from train.pipeline import Trained, train
from train.small import train_small

TRAINED_BY_RAY = {"bigru", "vgg16"}


def full(order: Order) -> Outcome:
    """Start over from the base folders and the products sold since.

    Raises:
        TrainError: the data cannot be learned from.
    """
    options = _options(order)
    folders = [*order.base, order.products] if order.products else order.base
    dataset = load_folders(folders, progress=order.progress)
    return _outcome(
        train(
            dataset,
            order.store,
            options,
            cache_dir=order.cache_dir,
            promote=order.promote,
            progress=order.progress,
        )
    )


def small(order: Order) -> Outcome:
    """Go on from the champion with the products sold since, as `train.small` does.

    Raises:
        TrainError: nothing was sold since, or the champion cannot go on.
    """
    if order.products is None:
        raise TrainError("there are no products to learn from: put some on their shelves first")
    _options(order)
    return _outcome(
        train_small(
            order.base,
            order.products,
            order.store,
            cache_dir=order.cache_dir,
            promote=order.promote,
            progress=order.progress,
        )
    )


def _options(order: Order) -> TrainOptions:
    options = TrainOptions.of(order.store.manifest()) if order.store.champion() else TrainOptions()
    if TRAINED_BY_RAY & {*options.text, *options.image} or options.fine_tune or options.fine_tune_blocks:
        order.release_cpu()
    return options


def _outcome(trained: Trained) -> Outcome:
    return Outcome(trained.version, trained.metrics, "; ".join(trained.notes))
