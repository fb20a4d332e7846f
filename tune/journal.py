"""What a sweep leaves on disk while it runs, and goes on from: a line for all that happens to a trial.

A folder holds `sweep.json` (what was asked, and of which data) and `trials.jsonl`. Both are plain JSON: a sweep also
goes on after `kill -9`, and on another version of Ray or Optuna.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal, Self

from tune.candidate import WHOLE
from tune.error import ChangedDataError, TuneError
from tune.trial import Standing

State = Literal["running", "finished", "pruned", "diverged", "failed"]
SWEEP, TRIALS = "sweep.json", "trials.jsonl"


@dataclass(slots=True)
class TrialRecord:
    """One trial.

    Attributes:
        point: its settings by dotted name.
        standings: what it reported, in order.
        seconds: from start to end.
    """

    number: int
    point: dict[str, float]
    state: State = "running"
    standings: list[Standing] = field(default_factory=list)
    seconds: float = 0.0
    reason: str = ""

    @property
    def last(self) -> Standing | None:
        return self.standings[-1] if self.standings else None

    @property
    def score(self) -> float | None:
        """Weighted F1 of its last report."""
        return self.last.score if self.last else None

    def as_json(self) -> dict[str, Any]:
        return {
            "trial": self.number,
            "state": self.state,
            "score": self.score,
            "macro_f1": self.last.macro_f1 if self.last else None,
            "budget": self.last.budget if self.last else 0,
            "seconds": round(self.seconds, 2),
            "parameters": self.point,
            "standings": [asdict(standing) for standing in self.standings],
            "reason": self.reason,
        }


class Journal:
    """The folder of one sweep, and its trials as far as they came.

    Attributes:
        asked: what every trial has in common; a sweep that goes on must ask for the same.
    """

    def __init__(self, directory: Path, asked: dict[str, Any], trials: list[TrialRecord]) -> None:
        self.directory, self.asked = directory, asked
        self.trials = trials

    @staticmethod
    def check_new(directory: Path) -> None:
        """Raise `TuneError` where a sweep lies in the folder already."""
        if (directory / SWEEP).exists():
            raise TuneError(f"{directory}: a sweep is there already; go on with --resume, or name another --output")

    @classmethod
    def create(cls, directory: Path, asked: dict[str, Any]) -> Self:
        """Begin a sweep.

        Raises:
            TuneError: a sweep lies in the folder already.
        """
        cls.check_new(directory)
        directory.mkdir(parents=True, exist_ok=True)
        draft = directory / f"{SWEEP}.tmp"
        draft.write_text(json.dumps(asked, indent=1) + "\n", encoding="utf-8")
        draft.replace(directory / SWEEP)
        return cls(directory, asked, [])

    @classmethod
    def resume(cls, directory: Path, asked: dict[str, Any]) -> Self:
        """Open a sweep to go on with; trials that had not ended begin anew, with the same settings.

        Raises:
            TuneError: there is none, it cannot be read, or it was asked for something else.
            ChangedDataError: its data were others.
        """
        if not (directory / SWEEP).is_file():
            raise TuneError(f"{directory}: there is no sweep to go on with; leave out --resume to begin one")
        try:
            was = json.loads((directory / SWEEP).read_text(encoding="utf-8"))
            trials = _replay((directory / TRIALS).read_text(encoding="utf-8")) if (directory / TRIALS).exists() else []
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise TuneError(f"{directory}: the sweep cannot be read: {error}") from error
        if was.get("fingerprint") != asked["fingerprint"]:
            raise ChangedDataError(str(directory), str(was.get("fingerprint")), asked["fingerprint"])
        for name, value in asked.items():
            if was.get(name) != value:
                raise TuneError(
                    f"{directory}: the sweep was begun with {name} {was.get(name)!r}, and not {value!r}; "
                    "ask for the same, or leave out --resume and begin another"
                )
        return cls(directory, was, trials)

    @property
    def ended(self) -> list[TrialRecord]:
        return [trial for trial in self.trials if trial.state != "running"]

    @property
    def unfinished(self) -> list[TrialRecord]:
        return [trial for trial in self.trials if trial.state == "running"]

    @property
    def best(self) -> TrialRecord | None:
        """The best of the trials that ran to their end; of equals the first."""
        whole = [trial for trial in self.trials if trial.state == "finished"]
        return max(whole, key=lambda trial: (trial.score or 0.0, -trial.number), default=None)

    def start(self, number: int, point: Mapping[str, float]) -> TrialRecord:
        """A trial begins, or begins anew."""
        trial = TrialRecord(number, dict(point))
        self.trials = sorted([*(t for t in self.trials if t.number != number), trial], key=lambda t: t.number)
        self._append({"event": "start", "trial": number, "point": trial.point})
        return trial

    def report(self, trial: TrialRecord, standing: Standing) -> None:
        """A trial told how good it is."""
        trial.standings.append(standing)
        self._append({"event": "report", "trial": trial.number, **asdict(standing)})

    def end(self, trial: TrialRecord, *, seconds: float, reason: str = "") -> None:
        """A trial has ended; what it reported says how, unless there is a `reason` why it failed."""
        trial.state, trial.seconds, trial.reason = _state(trial, reason), seconds, reason
        self._append({"event": "end", "trial": trial.number, "seconds": seconds, "reason": reason})

    def _append(self, event: dict[str, Any]) -> None:
        with (self.directory / TRIALS).open("a", encoding="utf-8") as file:
            file.write(json.dumps(event) + "\n")
            file.flush()
            os.fsync(file.fileno())


def _state(trial: TrialRecord, reason: str) -> State:
    if reason or trial.last is None:
        return "failed"
    if trial.last.diverged:
        return "diverged"
    return "finished" if trial.last.budget >= WHOLE else "pruned"


def _replay(text: str) -> list[TrialRecord]:
    """The trials that lines of events tell of; a last line that was torn by a crash is left out."""
    trials: dict[int, TrialRecord] = {}
    lines = text.splitlines()
    for place, line in enumerate(lines):
        try:
            event = json.loads(line)
        except ValueError:
            if place == len(lines) - 1:
                break
            raise
        kind, number = event.pop("event"), event.pop("trial")
        if kind == "start":
            trials[number] = TrialRecord(number, event["point"])
        elif kind == "report":
            trials[number].standings.append(Standing(**event))
        else:
            trial = trials[number]
            trial.state, trial.seconds, trial.reason = _state(trial, event["reason"]), event["seconds"], event["reason"]
    return [trials[number] for number in sorted(trials)]
