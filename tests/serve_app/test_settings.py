"""The settings of a server."""

from bundle.store import ModelStore
from serve_app.deployment import reserved
from serve_app.settings import Settings


def test_all_replicas_together_leave_a_core_for_a_training(small_store: ModelStore) -> None:
    assert reserved(Settings(), small_store.manifest(), page=True)["CPU"] <= 1
