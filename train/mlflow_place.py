"""Where trainings are recorded by MLflow, and how MLflow is kept from reaching out. Never imports MLflow itself."""

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

OFF = "off"
INSTALL = "MLflow is not installed: `uv pip install -e '.[mlflow]'` in the checkout installs it, and `make setup` does"

QUIET = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",  # nine more processes, for evaluations of language models
    # A server that is away is known after seconds and not after minutes.
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "20",
    "GIT_PYTHON_REFRESH": "quiet",
}
"""Environment of every process that runs MLflow: no telemetry, no waiting, no work of its own."""


@dataclass(frozen=True, slots=True)
class MlflowPlace:
    """A tracking server, or files of this machine.

    Attributes:
        uri: as MLflow takes it.
        folder: of database and artefacts, or None where a server keeps them.
    """

    uri: str
    folder: Path | None

    @property
    def is_server(self) -> bool:
        return urlsplit(self.uri).scheme in ("http", "https")

    @property
    def artifacts(self) -> str | None:
        """Where artefacts of a new experiment go; None leaves it to the server."""
        return (self.folder / "artifacts").as_uri() if self.folder else None

    def __str__(self) -> str:
        """The URI, without a password that it may hold."""
        parts = urlsplit(self.uri)
        if parts.password is None and parts.username is None:
            return self.uri
        host = parts.netloc.rpartition("@")[2]
        return urlunsplit(parts._replace(netloc=f"***@{host}"))


def mlflow_place(home: Path, uri: str | None) -> MlflowPlace | None:
    """Where to record trainings: by the setting `mlflow_uri`, or in HOME/mlflow; None for nowhere."""
    if uri and uri.lower() == OFF:
        return None
    if uri:
        return MlflowPlace(uri, None)
    folder = (home / "mlflow").expanduser().absolute()
    return MlflowPlace(f"sqlite:///{folder / 'mlflow.db'}", folder)


def is_installed() -> bool:
    """Whether the extra `mlflow` is there, without importing it."""
    return find_spec("mlflow") is not None
