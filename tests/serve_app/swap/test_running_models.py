"""A version is asked of the models that run, and of no others."""

from datetime import UTC, datetime

import pytest

from bundle.manifest import CategoryEntry, DataEntry, ExpertEntry, Manifest
from serve_app.error import ConflictError
from serve_app.metrics import RouterMetrics
from serve_app.serving import RunningModels
from serve_app.settings import Settings


def test_a_version_for_which_no_model_runs_is_refused_with_what_to_do() -> None:
    manifest = Manifest(
        version="20261125-101500-3f2a",
        created=datetime.now(UTC),
        categories=[CategoryEntry(prdtypecode=10, name_fr="Livres", name_en="Books")],
        data=DataEntry(fingerprint="0" * 64, rows=30, synthetic=True),
        experts=[ExpertEntry(name="lite0", modality="image", directory="image/lite0", temperature=1, weight=1)],
        situations={},
        metrics={},
        training={},
        parent=None,
        libraries={},
        files={},
    )
    models = RunningModels(Settings(), {}, metrics=RouterMetrics("test"))
    with pytest.raises(ConflictError, match=r"no image model runs.*restart"):
        models.serving(manifest)
