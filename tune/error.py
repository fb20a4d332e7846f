"""What can stop a search.

TuneError               one clear line; the command line turns it into exit code 2
├── OtherDataError      no version of the store was trained on the data named
├── ChangedDataError    a sweep cannot go on: its data are not what they were
├── StoppedError        a sweep was stopped by who started it: exit code 130, and how to go on
└── TrialError          trials failed: a fault of ours or of the machine, exit code 1
"""


class TuneError(Exception):
    """A search that cannot start: says what to do."""

    exit_code = 2


class OtherDataError(TuneError):
    """The held-out logits speak of other data than the folder that was named."""

    def __init__(self, folders: str, version: str, rows: int) -> None:
        super().__init__(folders, version, rows)
        self.folders = folders
        self.version = version
        self.rows = rows

    def __str__(self) -> str:
        return (
            f"{self.folders}: version {self.version} was trained on other data ({self.rows:,} rows), and its held-out "
            "votes speak of that: train on this folder first (`rayonnage train --data …`), or name the folder it knows"
        )


class ChangedDataError(TuneError):
    """A sweep's trials were judged on other data than those at hand."""

    def __init__(self, sweep: str, was: str, now: str) -> None:
        super().__init__(sweep, was, now)
        self.sweep = sweep
        self.was = was
        self.now = now

    def __str__(self) -> str:
        return (
            f"{self.sweep}: the data have changed since this sweep began (fingerprint {self.was}, now {self.now}); "
            "scores on both cannot be compared: leave out --resume and begin another"
        )


class StoppedError(TuneError):
    """A sweep that was stopped before all its trials had ended."""

    exit_code = 130

    def __init__(self, ended: int, trials: int) -> None:
        super().__init__(ended, trials)
        self.ended = ended
        self.trials = trials

    def __str__(self) -> str:
        return f"stopped after {self.ended} of {self.trials} trials; the same command with --resume goes on from there"


class TrialError(TuneError):
    """Trials that failed."""

    exit_code = 1

    def __init__(self, failed: int, trials: int, reason: str) -> None:
        super().__init__(failed, trials, reason)
        self.failed = failed
        self.trials = trials
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.failed} of {self.trials} trials failed: {self.reason}"
