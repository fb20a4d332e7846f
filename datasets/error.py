"""What can be wrong with data.

DataError            one clear line; the command line turns it into exit code 2
├── FolderError      a folder or one of its files cannot be used at all
└── PhotoError       a photo cannot be shown or learned from
"""


class DataError(Exception):
    """Data that cannot be used: names the file or field, and what to do."""

    exit_code = 2


class FolderError(DataError):
    """A data folder, or a file in it, that cannot be used."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(path, reason)
        self.path = path
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}"


class PhotoError(DataError):
    """A photo that is refused, with the reason a seller can act on."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason

    def __str__(self) -> str:
        return self.reason
