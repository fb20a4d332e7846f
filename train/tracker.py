"""Follows a training: its run's record, TensorBoard, and MLflow where that is installed."""

import math
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Any, Self

import numpy as np
import yaml

from bundle.fusion import MODALITIES
from bundle.manifest import Manifest
from datasets.stop import is_stop
from train.error import RunError
from train.evaluation import Part
from train.flat import flat, flat_numbers
from train.mlflow_place import INSTALL, MlflowPlace, is_installed
from train.mlflow_process import MlflowProcess
from train.plots import confusion_figure, png_of
from train.run import Run
from train.run_record import State, write_whole
from train.scores import macro_f1, weighted_f1
from train.tensorboard import EventFile, markdown_table
from train.tensorboard_graph import GRAPH
from train.tensorboard_projector import write_projector

MLFLOW_STATUS: dict[State, str] = {"succeeded": "FINISHED", "failed": "FAILED", "stopped": "KILLED"}


def unsaid(_line: str) -> None:
    """Tell nobody."""


class Tracker:
    """Tells everyone who keeps records how a training goes.

    Use as a context manager around the training: leaving it by Ctrl-C or SIGTERM makes the run stopped, by an error
    failed. MLflow never costs a training: where it is away or refuses, `note` gets one line.

    Args:
        run: started or resumed, see `train.run.Run`.
        mlflow: where MLflow records, see `train.mlflow_place`; None for nowhere.
        titles: show titles of held-out listings in TensorBoard's projector. They lie in the run's folder, in the home
            of who trains, and never go to MLflow. A server's trainings leave them out: they learn from what people
            sell, and a product that is withdrawn must not live on in a chart.
        note: gets lines for who watches.
    Raises:
        RunError: the run's folder cannot be written, for example because the disk is full; so do all methods.
    """

    def __init__(
        self,
        run: Run,
        *,
        mlflow: MlflowPlace | None = None,
        titles: bool = True,
        note: Callable[[str], None] = unsaid,
    ) -> None:
        self.run = run
        self._titles = titles
        self._note = note
        self._graphs: set[str] = set()
        self._mlflow = self._reach(mlflow)
        options = flat(run.record.options)
        write_whole(run.config, yaml.safe_dump(run.record.options, sort_keys=False, allow_unicode=True).encode())
        self._events = EventFile(run.directory)
        self._events.text("options", markdown_table(options))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.run.record.state != "running":
            return
        try:
            if is_stop(error):
                self._end("stopped", reason="asked to stop")
            else:
                known = hasattr(error, "exit_code")
                self.fail(f"{error}" if known else f"{type(error).__name__}: {error}")
        except RunError as unwritten:
            if error is None:
                raise
            self._note(f"{unwritten}")  # what ended the training is on its way already

    def data(self, *, fingerprint: str, rows: int) -> None:
        """Say what is learned from."""
        self.run.update(fingerprint=fingerprint, rows=rows)
        record = self.run.record
        self._events.text("data", markdown_table({"fingerprint": fingerprint, "rows": str(rows)}))
        if self._mlflow is not None:
            names = ",".join(folder.rpartition("/")[2] for folder in record.data)
            tags = {
                "run": record.run,
                "fingerprint": fingerprint,
                "rows": str(rows),
                "data": names,
                "mlflow.source.git.commit": record.git_commit,
                "command": record.command,
            }
            self._mlflow.send("start", run=record.run, params=flat(record.options), tags=tags)

    def epoch(self, expert: str, number: int, values: Mapping[str, float]) -> None:
        """Say what an epoch came to.

        Args:
            number: from 1 on; a resumed training may say one again.
            values: `loss`, `weighted_f1`, `macro_f1`, `learning_rate`, `seconds`; what is not finite is left out.
        """
        finite = {name: float(value) for name, value in values.items() if math.isfinite(value)}
        before = [each for each in self.run.record.epochs.get(expert, []) if each["epoch"] != number]
        epochs = sorted([*before, {"epoch": number, **finite}], key=lambda each: each["epoch"])
        self.run.update(epochs={**self.run.record.epochs, expert: epochs})
        for name, value in finite.items():
            self._events.scalar(f"{expert}/{name}", value, step=number)
        self._draw_graph(expert)
        if self._mlflow is not None:
            self._mlflow.send("epoch", expert=expert, number=number, values=finite)

    def finish(
        self,
        manifest: Manifest,
        answers: Mapping[Part, np.ndarray],
        class_index: np.ndarray,
        *,
        plots: Mapping[str, bytes],
        experts: Mapping[str, np.ndarray],
        titles: Sequence[str],
        source: str,
        champion: str | None,
        notes: Sequence[str] = (),
    ) -> None:
        """Say what was published, with the answers to rows that no model saw.

        Args:
            manifest: of the published version.
            answers: by part (`text`, `image`, `fusion`) the (n, categories) probabilities, NaN where it has no say.
            class_index: (n,) int, the true column.
            plots: of the fused answers as PNG, by the names that `write_plots` gives them.
            experts: by name the (n, categories) probabilities, NaN likewise.
            titles: of the n rows.
            source: where the bundle lies.
            champion: of the store now.
            notes: on what was left out.
        """
        self._scores(manifest, experts, class_index)
        files = self._pictures(manifest, answers, class_index, plots)
        fused = answers["fusion"]
        places = np.flatnonzero(~np.isnan(fused[:, 0]))
        write_projector(
            self.run.directory,
            fused[places],
            class_index[places],
            manifest.categories,
            titles=[titles[place] for place in places.tolist()] if self._titles else None,
        )
        write_whole(self.run.directory / "manifest.json", manifest.model_dump_json(indent=1).encode())
        files += [str(self.run.directory / "manifest.json"), str(self.run.config)]
        if self._mlflow is not None:
            metrics = {name: float(value) for name, value in flat_numbers(manifest.metrics).items()}
            self._mlflow.send("finish", metrics=metrics, files=files, tags={"version": manifest.version})
            self._mlflow.send("model", version=manifest.version, source=source, champion=champion)
        self._end(
            "succeeded",
            version=manifest.version,
            champion=champion == manifest.version,
            metrics=manifest.metrics,
            notes=list(notes),
        )

    def fail(self, reason: str) -> None:
        """Say that it failed, and why."""
        self._end("failed", reason=" ".join(reason.split()))

    def _end(self, state: State, **changes: Any) -> None:
        self._events.close()
        self.run.end(state, **changes)
        if self._mlflow is not None and (reason := self._mlflow.end(MLFLOW_STATUS[state])):
            line = f"MLflow has not recorded this training: {reason}"
            self._note(line)
            self.run.update(notes=[*self.run.record.notes, line])

    def _reach(self, place: MlflowPlace | None) -> MlflowProcess | None:
        if place is None:
            return None
        if is_installed():
            return MlflowProcess(place)
        if place.folder is None:  # asked for by a setting; without one nobody misses it
            self._note(f"MLflow has not recorded this training: {INSTALL}")
        return None

    def _scores(self, manifest: Manifest, experts: Mapping[str, np.ndarray], class_index: np.ndarray) -> None:
        for name, value in flat_numbers(manifest.metrics).items():
            self._events.scalar(f"held_out/{name}", value, step=0)
        for name, probabilities in experts.items():
            self._draw_graph(name)
            answered = ~np.isnan(probabilities[:, 0])
            own, truth = probabilities[answered], class_index[answered]
            self._events.scalar(f"experts/{name}_weighted_f1", weighted_f1(own, truth), step=0)
            self._events.scalar(f"experts/{name}_macro_f1", macro_f1(own, truth), step=0)

    def _pictures(
        self,
        manifest: Manifest,
        answers: Mapping[Part, np.ndarray],
        class_index: np.ndarray,
        plots: Mapping[str, bytes],
    ) -> list[str]:
        pictures = {"confusion_fusion" if name == "confusion_matrix" else name: plot for name, plot in plots.items()}
        for part in MODALITIES:
            answered = ~np.isnan(answers[part][:, 0])
            if answered.any():
                figure = confusion_figure(answers[part][answered], class_index[answered], manifest.categories)
                pictures[f"confusion_{part}"] = png_of(figure)
        files = []
        for name, picture in pictures.items():
            file = self.run.directory / "plots" / f"{name}.png"
            write_whole(file, picture)
            self._events.image(f"held_out/{name}", file)
            files.append(str(file))
        return files

    def _draw_graph(self, expert: str) -> None:
        """Show the graph that the expert's worker left, once."""
        if expert in self._graphs:
            return
        for file in (self.run.work / expert).rglob(GRAPH):
            self._graphs.add(expert)
            with EventFile(self.run.directory / expert) as events:
                events.graph(file.read_bytes())
            break
