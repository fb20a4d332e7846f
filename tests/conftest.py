"""What is made once a session: the sample's model, and a running server that answers with it."""

from pathlib import Path

import pytest

from bundle.store import ModelStore
from datasets.bundled import sample_path
from datasets.folder import load_folders
from train.expert import TrainOptions
from train.pipeline import train


@pytest.fixture(scope="session")
def sample_dir() -> Path:
    """The bundled sample, to be read only."""
    return sample_path()


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A RAYONNAGE_HOME for the session: the store is `home/models`, features are cached in `home/cache`."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="session")
def trained_store(home: Path, sample_dir: Path) -> ModelStore:
    """A store whose champion is the default model, trained on the bundled sample."""
    store = ModelStore(home / "models")
    train(load_folders([sample_dir]), store, TrainOptions(), cache_dir=home / "cache")
    return store
