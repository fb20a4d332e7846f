"""A sweep from the data folders to its report, as `rayonnage tune text` and `rayonnage tune image` run it."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import ray
from rich.console import Console, Group

from datasets.fingerprint import fingerprint
from datasets.folder import load_folders
from datasets.progress import Progress
from train.options import TrainOptions
from train.ray_session import ray_session
from train.signals import sigterm_as_ctrl_c
from tune.error import StoppedError, TuneError
from tune.journal import SWEEP, Journal, TrialRecord
from tune.live_table import live_table
from tune.material import Material
from tune.space import space_of
from tune.sweep import Share, run_sweep
from tune.sweep_report import BEST, sweep_tables, write_sweep, write_trials
from tune.verdict import Verdict, compare


@dataclass(frozen=True, slots=True)
class Order:
    """What a sweep was asked for.

    Attributes:
        options: of training; the experts of one modality, the other's are ().
        directory: of the sweep.
        resume: go on with the sweep that lies there.
        cache_dir: of features, shared with trainings.
    """

    data: Sequence[Path]
    options: TrainOptions
    trials: int
    share: Share
    directory: Path
    resume: bool
    cache_dir: Path


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a sweep came to; its files are written."""

    journal: Journal
    options: TrainOptions
    best: TrialRecord
    verdict: Verdict
    files: list[Path]

    @property
    def best_file(self) -> Path:
        return self.journal.directory / BEST

    @property
    def tables(self) -> Group:
        return sweep_tables(self.journal, space_of(self.options), self.best, self.verdict)

    def as_json(self) -> dict[str, Any]:
        return {
            "directory": str(self.journal.directory),
            "best": {"trial": self.best.number, "score": self.best.score, "parameters": self.best.point},
            "report": self.verdict.as_json(),
            "trials": [trial.as_json() for trial in self.journal.trials],
            "files": [str(file) for file in self.files],
        }


def sweep_directory(home: Path, options: TrainOptions, *, resume: bool) -> Path:
    """Where a sweep lies whose folder was not named: a new one below `home`, or the newest of these experts.

    Raises:
        TuneError: there is none to go on with.
    """
    name = "-".join(["text" if options.text else "image", *options.text, *options.image])
    if not resume:
        return home / f"{name}-{datetime.now(UTC):%Y%m%d-%H%M%S}"
    begun = sorted(path.parent for path in home.glob(f"{name}-[0-9]*/{SWEEP}"))
    if not begun:
        raise TuneError(f"{home}: there is no sweep over {name} to go on with; leave out --resume to begin one")
    return begun[-1]


def run(order: Order, *, bars: Callable[[], AbstractContextManager[Progress]], console: Console) -> Outcome:
    """Run or go on with a sweep, compare its best settings with the defaults, and write its files.

    Args:
        bars: shows how far the preparation is.
        console: where trials are shown.
    Raises:
        DataError, TrainError, TuneError: what is asked for cannot be done.
        ChangedDataError: other data than when the sweep began.
        StoppedError: it was stopped; what there is of its trials is written.
        TrialError: no trial ran to its end.
    """
    space = space_of(order.options)
    with bars() as progress:
        dataset = load_folders(order.data, check_photos=bool(order.options.image), progress=progress)
    asked = _asked(order.options, fingerprint(dataset))
    journal = Journal.resume(order.directory, asked) if order.resume else None
    if journal is None:
        Journal.check_new(order.directory)
    with ray_session(), sigterm_as_ctrl_c():  # Ray puts a handler of its own
        share = order.share.on(ray.cluster_resources())
        with bars() as progress:
            material = Material.prepare(dataset, order.options, cache_dir=order.cache_dir, progress=progress)
            ground = material.search_ground()
        journal = journal or Journal.create(order.directory, asked)
        console.print(_split_line(material, journal), highlight=False, soft_wrap=True)
        try:
            with live_table(space, trials=order.trials, console=console) as watch:
                run_sweep(ground, order.options, journal, trials=order.trials, share=share, watch=watch)
        except StoppedError:
            write_trials(journal, space)
            raise
        best = journal.best
        assert best is not None  # run_sweep raises where no trial ran to its end
        console.print("Training default and best settings, to judge them on rows that no trial saw …")
        report = material.report_ground()
        verdict = compare(ground, report, order.options, trials=journal.trials, best=best, share=share)
    files = write_sweep(journal, space, _whole(order.options), best, verdict)
    return Outcome(journal, order.options, best, verdict, files)


def _asked(options: TrainOptions, data: str) -> dict[str, Any]:
    """What all trials of a sweep have in common, as plain JSON."""
    names = (*options.text, *options.image)
    return {
        "fingerprint": data,
        "experts": list(names),
        "seed": options.seed,
        "epochs": options.epochs,
        "fine_tune": options.fine_tune,
        "image_weights": options.image_weights if "vgg16" in names else None,
        "defaults": {name: asdict(getattr(options, name)) for name in names},
    }


def _whole(options: TrainOptions) -> TrainOptions:
    """The options of a whole training: the other modality's default experts beside those tuned."""
    default = TrainOptions()
    return replace(options, text=options.text or default.text, image=options.image or default.image)


def _split_line(material: Material, journal: Journal) -> str:
    trained, judged, kept = material.rows
    line = f"Sweep {journal.directory}: trials learn from {trained:,} rows and are judged on {judged:,}"
    line += f"; {kept:,} rows are kept for the end"
    return line + (f"; {len(journal.ended)} trials had ended" if journal.trials else "")
