"""The model registry of MLflow: a version for each bundle, and the alias `champion`, a copy of the store's pointer.

The store alone says which version answers. The copy is renewed after each training and whenever `rayonnage mlflow`
runs; a server that promotes a version does not wait for MLflow.
"""

import contextlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlflow import MlflowClient

MODEL = "rayonnage"
ALIAS = "champion"
VERSION_TAG = "version"
MOST_VERSIONS = 1_000


def register(client: "MlflowClient", version: str, *, source: str, run_id: str | None) -> None:
    """Make a bundle a version of the registered model.

    Args:
        version: of the bundle; a tag of the registry's own version, which is a number.
        source: where the bundle lies.
        run_id: of MLflow's run that made it.
    Raises:
        MlflowException: the server is away, or refuses.
    """
    from mlflow.exceptions import MlflowException

    try:
        client.create_registered_model(MODEL, description="Bundles of Rayonnage; the store says which is champion.")
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise
    client.create_model_version(MODEL, source, run_id, tags={VERSION_TAG: version})


def follow_champion(client: "MlflowClient", champion: str | None) -> bool:
    """Give the alias to the store's champion, or to none where the registry does not know that version.

    Args:
        champion: as the store names it, or None where it has none.
    Returns:
        Whether the registry knows the champion.
    Raises:
        MlflowException: the server is away, or refuses.
    """
    from mlflow.exceptions import MlflowException

    known = client.search_model_versions(f"name = '{MODEL}'", max_results=MOST_VERSIONS)
    for each in sorted(known, key=lambda each: int(each.version), reverse=True):
        if champion is not None and each.tags.get(VERSION_TAG) == champion:
            client.set_registered_model_alias(MODEL, ALIAS, each.version)
            return True
    with contextlib.suppress(MlflowException):  # there is no such model, or no alias
        client.delete_registered_model_alias(MODEL, ALIAS)
    return False
