"""What can stop a search.

TuneError               one clear line; the command line turns it into exit code 2
└── OtherDataError      no model of the store was trained on the data named
"""


class TuneError(Exception):
    """A search that cannot start or go on: says what to do."""

    exit_code = 2


class OtherDataError(TuneError):
    """The bundle's held-out logits speak of other data than the folder that was named."""

    def __init__(self, folders: str, version: str, trained_on: str) -> None:
        super().__init__(folders, version, trained_on)
        self.folders = folders
        self.version = version
        self.trained_on = trained_on

    def __str__(self) -> str:
        return (
            f"{self.version} was trained on other data than {self.folders} ({self.trained_on}): "
            "train on it first (`rayonnage train --data …`), or name a version that was with --version"
        )
