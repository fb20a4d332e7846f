"""What `rayonnage train` does with its options: those of a file, of the command line, or of a run that was stopped."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from datasets.dataset import Dataset
from datasets.fingerprint import fingerprint
from train.error import ResumeError
from train.options import TrainOptions, read_config
from train.run import Run


def options_of(config: Path | None, given: Mapping[str, Any]) -> TrainOptions:
    """Options of a file, over which those given go.

    Args:
        given: by the names of `TrainOptions`; None means not given.
    Raises:
        ConfigError, TrainError: an option is unknown or of no use.
    """
    file = read_config(config) if config else {}
    return TrainOptions.from_mapping(file | {name: value for name, value in given.items() if value is not None})


def open_run(
    home: Path, dataset: Dataset, *, data: Sequence[Path], config: Path | None, given: Mapping[str, Any], resume: bool
) -> tuple[Run, TrainOptions]:
    """A new run, or the last one that was stopped.

    Raises:
        ResumeError: there is none, its data were others, or options are given that it was not begun with.
        ConfigError, TrainError: an option is unknown or of no use.
    """
    if not resume:
        options = options_of(config, given)
        return Run.start(home, options=options.as_dict(), data=data), options
    run = Run.latest_resumable(home)
    if run is None:
        raise ResumeError(str(home), "no training was stopped that one could go on with; leave out --resume")
    options = TrainOptions.from_mapping(run.record.options)
    wanted = options_of(config, given).as_dict()
    named = [name for name, value in given.items() if value is not None]
    for name in [*named, *(read_config(config) if config else [])]:
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
    return run, options
