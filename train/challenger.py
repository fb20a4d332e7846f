"""Trains a challenger of the champion, with the experts that the champion has."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from bundle.challenger import Order, Outcome
from datasets.folder import load_folders
from train.error import TrainError
from train.mlflow_place import mlflow_place
from train.options import TrainOptions
from train.pipeline import train
from train.run import Run
from train.small import train_small
from train.tracker import Tracker


def full(order: Order) -> Outcome:
    """Start over from the base folders and the products sold since.

    Raises:
        TrainError: the data cannot be learned from.
    """
    options = _options(order)
    folders = [*order.base, order.products] if order.products else order.base
    dataset = load_folders(folders, progress=order.progress)
    with _tracked(order, options, command="full training") as tracker:
        train(
            dataset,
            order.store,
            options,
            cache_dir=order.cache_dir,
            promote=order.promote,
            progress=order.progress,
            tracker=tracker,
        )
    return _outcome(tracker)


def small(order: Order) -> Outcome:
    """Go on from the champion with the products sold since, as `train.small` does.

    Raises:
        TrainError: nothing was sold since, or the champion cannot go on.
    """
    if order.products is None:
        raise TrainError("there are no products to learn from: put some on their shelves first")
    options = _options(order)
    with _tracked(order, options, command="small training") as tracker:
        train_small(
            order.base,
            order.products,
            order.store,
            cache_dir=order.cache_dir,
            promote=order.promote,
            progress=order.progress,
            tracker=tracker,
        )
    return _outcome(tracker)


def _options(order: Order) -> TrainOptions:
    options = TrainOptions.of(order.store.manifest()) if order.store.champion() else TrainOptions()
    if options.by_keras:
        order.release_cpu()
    return options


@contextmanager
def _tracked(order: Order, options: TrainOptions, *, command: str) -> Iterator[Tracker]:
    """A run of its own, as `rayonnage train` has one; it begins anew each time, so its work does not stay.

    MLflow takes 300 MB beside a server, so it is used where a setting names it, and not just where it is installed.
    """
    folders = [*order.base, order.products] if order.products else order.base
    run = Run.start(order.home, options=options.as_dict(), data=folders, command=command)
    place = mlflow_place(order.home, order.mlflow_uri) if order.mlflow_uri else None
    try:
        with Tracker(run, mlflow=place, titles=False) as tracker:
            yield tracker
    finally:
        shutil.rmtree(run.work, ignore_errors=True)


def _outcome(tracker: Tracker) -> Outcome:
    record = tracker.run.record
    return Outcome(record.version, record.metrics, "; ".join(record.notes))
