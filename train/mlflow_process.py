"""Hands what a training comes to over to MLflow, in a process of its own.

MLflow takes ten seconds to import and may wait for a server that does not answer. Beside the training that costs
nobody anything; whatever becomes of it, the training goes on.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from train.mlflow_place import QUIET, MlflowPlace

FINISHED_S, OTHERWISE_S = 180.0, 15.0
"""What MLflow has for taking the last figures and files of a training that succeeded, or that did not."""


class MlflowProcess:
    """One training's way to MLflow; nothing here raises because of MLflow.

    Messages are lines of JSON on the process's standard input, see `train.mlflow_writer`; when the training is killed,
    the pipe closes and the run is ended as killed.

    Args:
        place: where MLflow records.
    """

    def __init__(self, place: MlflowPlace) -> None:
        self._place = place
        if place.folder is not None:
            with suppress(OSError):  # the process tells what is wrong
                place.folder.mkdir(parents=True, exist_ok=True)
        self._process = subprocess.Popen(
            # -P: a folder named `train` where the user happens to be must not take our place
            [sys.executable, "-P", "-m", "train.mlflow_writer", place.uri, place.artifacts or ""],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=os.environ | QUIET,
            start_new_session=True,  # Ctrl-C reaches the training alone
        )

    def send(self, kind: str, **message: Any) -> None:
        """Tell it something; what cannot be told any more is passed over."""
        assert self._process.stdin is not None
        with suppress(OSError, ValueError):
            self._process.stdin.write(json.dumps({"kind": kind, **message}) + "\n")
            self._process.stdin.flush()

    def end(self, status: str) -> str | None:
        """Say how the training ended, and wait until MLflow has it.

        Args:
            status: FINISHED, FAILED or KILLED.
        Returns:
            Why it was not recorded, or None.
        """
        self.send("end", status=status)
        within_s = FINISHED_S if status == "FINISHED" else OTHERWISE_S
        try:
            output, _ = self._process.communicate(timeout=within_s)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()
            return f"{self._place} did not take everything within {within_s:.0f} s"
        lines = output.splitlines()
        answer: Mapping[str, Any] = json.loads(lines[-1]) if lines else {}
        if answer.get("ended"):
            return None
        reason = answer.get("error") or f"its process ended with exit code {self._process.returncode}"
        return f"{self._place}: {reason}"
