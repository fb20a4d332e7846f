"""What `rayonnage train` does with its options: those of a file, of the command line, or of a run that was stopped."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from datasets.dataset import Dataset
from datasets.fingerprint import fingerprint
from train.error import ResumeError
from train.options import TrainOptions, read_config
from train.run import Run


def options_of(config: Path | None, given: Mapping[str, Any]) -> tuple[TrainOptions, list[str]]:
    """Options of a file, over which those given go; and the names of all that either gives.

    Args:
        given: by the names of `TrainOptions`; None means not given.
    Raises:
        ConfigError, TrainError: an option is unknown or of no use.
    """
    file = read_config(config) if config else {}
    named = {name: value for name, value in given.items() if value is not None}
    return TrainOptions.from_mapping(file | named), [*named, *(name for name in file if name not in named)]


def open_run(
    home: Path, dataset: Dataset, options: TrainOptions, *, data: Sequence[Path], named: Sequence[str], resume: bool
) -> tuple[Run, TrainOptions]:
    """A new run, or the last one that was stopped.

    Args:
        options: that are asked for; named: those of them that somebody gave, in a file or on the command line.
    Raises:
        ResumeError: there is none, its data were others, or options are given that it was not begun with.
    """
    if not resume:
        return Run.start(home, options=options.as_dict(), data=data), options
    run = Run.latest_resumable(home)
    if run is None:
        raise ResumeError(str(home), "no training was stopped that one could go on with; leave out --resume")
    wanted = options.as_dict()
    for name in named:
        was = run.record.options[name]
        if wanted[name] != was:
            raise ResumeError(run.record.run, f"was begun with {name} {was}, not {wanted[name]}; it goes on as begun")
    now = fingerprint(dataset)
    if run.record.fingerprint and now != run.record.fingerprint:
        raise ResumeError(
            run.record.run,
            f"learned from data of fingerprint {run.record.fingerprint}, and these have {now}; "
            "name the same folders as they were, or leave out --resume",
        )
    run.resume()
    return run, TrainOptions.from_mapping(run.record.options)
