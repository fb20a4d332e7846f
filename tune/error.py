"""What can stop a search.

TuneError               one clear line; the command line turns it into exit code 2
├── OtherDataError      no version of the store was trained on the data named
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
