"""Finds the version whose held-out logits speak of the data that was named."""

from bundle.manifest import Manifest
from bundle.store import ModelStore
from datasets.dataset import Dataset
from datasets.fingerprint import fingerprint
from tune.error import OtherDataError


def version_trained_on(store: ModelStore, dataset: Dataset, *, version: str | None = None) -> Manifest:
    """The version named; else the champion, or the newest version where the champion was trained on other data.

    Held-out logits exist for the rows of a training only. Votes on other data would be held out as well, but nothing
    tells whether some of its listings were in the training under another number: a search there could reward an
    expert for what it learned by heart. So other data is refused, and training on it is the way.

    Raises:
        NoSuchVersionError: the store has no such version, or no champion yet.
        OtherDataError: the version named, or every version, was trained on other data.
    """
    wanted = fingerprint(dataset)
    chosen = store.manifest(version)
    if chosen.data.fingerprint == wanted:
        return chosen
    if version is None:
        for other in reversed(store.versions()):
            manifest = store.manifest(other)
            if manifest.data.fingerprint == wanted:
                return manifest
    folders = ", ".join(map(str, dataset.folders))
    raise OtherDataError(folders, chosen.version, chosen.data.rows)
