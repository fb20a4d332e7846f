"""The process that records one training in MLflow: reads messages as lines of JSON, and answers in one line at the end.

start   run, params, tags           a run begins
epoch   expert, number, values      an epoch of an expert ended
finish  metrics, files, tags        the held-out scores, and files to keep
model   version, source, champion   the version that was published, and which one is champion
end     status                      FINISHED, FAILED or KILLED

It answers {"ended": true} or {"error": "…"}. Run as `python -m train.mlflow_writer URI ARTIFACTS`.
"""

import json
import signal
import sys
import time
import warnings
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

EXPERIMENT = "rayonnage"
PARAMS_AT_ONCE = 100


class MlflowWriter:
    """Records one training.

    Args:
        uri: of the tracking server or database.
        artifacts: where artefacts of a new experiment go; "" leaves it to the server.
    Raises:
        MlflowException: it is away, or refuses; so do all methods.
    """

    def __init__(self, uri: str, artifacts: str) -> None:
        from mlflow import MlflowClient

        self._client = MlflowClient(uri)
        self._is_server = urlsplit(uri).scheme in ("http", "https")
        self._artifacts = artifacts
        self._run_id = ""

    def take(self, kind: str, message: dict[str, Any]) -> None:
        """Do what a message says."""
        takers: dict[str, Callable[..., None]] = {
            "start": self.start,
            "epoch": self.epoch,
            "finish": self.finish,
            "model": self.model,
            "end": self.end,
        }
        takers[kind](**message)

    def start(self, *, run: str, params: dict[str, str], tags: dict[str, str]) -> None:
        from mlflow.entities import Param

        tags = {"mlflow.source.name": "rayonnage train", "mlflow.source.type": "LOCAL", **tags}
        self._run_id = self._client.create_run(self._experiment(), run_name=run, tags=tags).info.run_id
        entities = [Param(name, value) for name, value in params.items()]
        for first in range(0, len(entities), PARAMS_AT_ONCE):
            self._client.log_batch(self._run_id, params=entities[first : first + PARAMS_AT_ONCE])

    def epoch(self, *, expert: str, number: int, values: dict[str, float]) -> None:
        self._log({f"{expert}/{name}": value for name, value in values.items()}, step=number)

    def finish(self, *, metrics: dict[str, float], files: list[str], tags: dict[str, str]) -> None:
        self._log(metrics, step=0)
        for name, value in tags.items():
            self._client.set_tag(self._run_id, name, value)
        for file in files:
            self._client.log_artifact(self._run_id, file, "plots" if file.endswith(".png") else None)

    def model(self, *, version: str, source: str, champion: str | None) -> None:
        """Register a version, and let the alias follow the store's champion.

        A server takes no folder of this machine as a model's source, so it gets the bundle's files.
        """
        from train.mlflow_registry import follow_champion, register

        if self._is_server and Path(source).is_dir():
            self._client.log_artifacts(self._run_id, source, "bundle")
            source = f"{self._client.get_run(self._run_id).info.artifact_uri}/bundle"
        register(self._client, version, source=source, run_id=self._run_id)
        follow_champion(self._client, champion)

    def end(self, *, status: str) -> None:
        if self._run_id:
            self._client.set_terminated(self._run_id, status)

    def _experiment(self) -> str:
        from mlflow.exceptions import MlflowException

        known = self._client.get_experiment_by_name(EXPERIMENT)
        if known is None:
            try:
                location, tags = self._artifacts or None, {"mlflow.experimentKind": "custom_model_development"}
                return str(self._client.create_experiment(EXPERIMENT, artifact_location=location, tags=tags))
            except MlflowException:  # another training was faster
                known = self._client.get_experiment_by_name(EXPERIMENT)
                if known is None:
                    raise
        return str(known.experiment_id)

    def _log(self, metrics: dict[str, float], *, step: int) -> None:
        from mlflow.entities import Metric

        now_ms = int(time.time() * 1000)
        self._client.log_batch(self._run_id, metrics=[Metric(name, v, now_ms, step) for name, v in metrics.items()])


def record(uri: str, artifacts: str, lines: Iterable[str]) -> None:
    """Work off the messages; where they stop without an end, the training was killed."""
    writer = MlflowWriter(uri, artifacts)
    for line in lines:
        message = json.loads(line)
        kind = message.pop("kind")
        writer.take(kind, message)
        if kind == "end":
            return
    writer.end(status="KILLED")


def main() -> None:
    warnings.simplefilter("ignore")
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    answer: dict[str, Any] = {"ended": True}
    try:
        record(sys.argv[1], sys.argv[2], sys.stdin)
    except Exception as error:
        # A server may fail in any way; all of them come to the same: it is not recorded, and the training says so.
        answer = {"error": " ".join(f"{error}".split())[:300] or type(error).__name__}
    sys.stdout.write(json.dumps(answer) + "\n")


if __name__ == "__main__":
    main()
