"""MLflow's page over what trainings recorded, in the foreground of this process."""

import logging
import os
import threading
import warnings
from collections.abc import Callable
from contextlib import suppress
from socket import socket

from train.error import TrackingError
from train.mlflow_place import INSTALL, QUIET, MlflowPlace, is_installed

HOST = "127.0.0.1"
FOLLOW_S = 5.0


def serve_mlflow(
    place: MlflowPlace, *, port: int, champion: Callable[[], str | None], on_ready: Callable[[str], None]
) -> None:
    """Show the trainings of this machine's MLflow until KeyboardInterrupt; the alias follows the store meanwhile.

    Args:
        place: with a folder, which is made if missing.
        port: free, see `serve_app.instance.check_port`.
        champion: gives the version that is champion of the store.
        on_ready: called with the address.
    Raises:
        TrackingError: MLflow is not installed, or its database cannot be opened.
    """
    _prepare()
    if place.folder is None:
        raise ValueError("a server has a page of its own")
    import uvicorn
    from mlflow.exceptions import MlflowException
    from mlflow.server import constants, handlers

    try:
        place.folder.mkdir(parents=True, exist_ok=True)
        os.environ[constants.BACKEND_STORE_URI_ENV_VAR] = place.uri
        os.environ[constants.REGISTRY_STORE_URI_ENV_VAR] = place.uri
        os.environ[constants.ARTIFACT_ROOT_ENV_VAR] = f"{place.artifacts}"
        os.environ[constants.ARTIFACTS_DESTINATION_ENV_VAR] = f"{place.artifacts}"
        os.environ[constants.SERVE_ARTIFACTS_ENV_VAR] = "true"
        handlers.initialize_backend_stores(place.uri, place.uri, f"{place.artifacts}")
        from mlflow.server.fastapi_app import app
    except (MlflowException, OSError) as error:
        raise TrackingError(f"{place}: {' '.join(f'{error}'.split())[:300]}") from error

    class Server(uvicorn.Server):
        """Says when it answers."""

        async def startup(self, sockets: list[socket] | None = None) -> None:
            await super().startup(sockets)
            if self.started:
                on_ready(f"http://{HOST}:{port}/")

    threading.Thread(target=_follow, args=(place, champion), name="champion-alias", daemon=True).start()
    Server(uvicorn.Config(app, host=HOST, port=port, log_level="warning", timeout_graceful_shutdown=3)).run()


def copy_champion(place: MlflowPlace, champion: str | None) -> bool:
    """Let the alias in MLflow's registry follow the store's champion, once.

    Returns:
        Whether the registry knows that version.
    Raises:
        TrackingError: MLflow is not installed, away, or refuses.
    """
    _prepare()
    from mlflow import MlflowClient
    from mlflow.exceptions import MlflowException

    from train.mlflow_registry import follow_champion

    try:
        return follow_champion(MlflowClient(place.uri), champion)
    except MlflowException as error:
        raise TrackingError(f"{place}: {' '.join(f'{error}'.split())[:300]}") from error


def _prepare() -> None:
    if not is_installed():
        raise TrackingError(INSTALL)
    os.environ.update(QUIET)
    warnings.simplefilter("ignore")
    for name in ("mlflow", "alembic"):
        logging.getLogger(name).setLevel(logging.ERROR)


def _follow(place: MlflowPlace, champion: Callable[[], str | None]) -> None:
    """Copy the champion whenever it is another one; a store that is away for a moment is asked again."""
    from bundle.error import BundleError

    copied: str | None = ""
    pause = threading.Event()
    while True:
        with suppress(BundleError, TrackingError):
            if (now := champion()) != copied:
                copy_champion(place, now)
                copied = now
        pause.wait(FOLLOW_S)
