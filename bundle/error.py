"""What can be wrong with a bundle or a model store.

BundleError                 one clear line; the command line turns it into exit code 2
├── DamagedBundleError      a file is missing, changed or cut; or the directory is no bundle of ours
├── NoSuchVersionError      the store has no such version, or no champion yet
├── NoEarlierChampionError  there is nothing to roll back to
├── StoreError              the store cannot be reached, read or written
└── UnusableListingError    a listing that nothing in the bundle can answer
"""


class BundleError(Exception):
    """A bundle or a store that cannot be used."""

    exit_code = 2


class DamagedBundleError(BundleError):
    """A bundle that is refused: names the file and the reason."""

    def __init__(self, file: str, reason: str) -> None:
        super().__init__(file, reason)
        self.file = file
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.file}: {self.reason}"


class NoSuchVersionError(BundleError):
    """A version that the store does not have."""

    def __init__(self, store: str, version: str | None, known: list[str]) -> None:
        super().__init__(store, version, known)
        self.store = store
        self.version = version
        self.known = known

    def __str__(self) -> str:
        if self.version is None:
            return f"{self.store} has no model yet: run `rayonnage train --data DIR` or `rayonnage demo`"
        known = ", ".join(self.known) or "none"
        return f"{self.store} has no version {self.version} (known: {known})"


class NoEarlierChampionError(BundleError):
    """A store whose champion has none before it."""

    def __init__(self, store: str) -> None:
        super().__init__(store)
        self.store = store

    def __str__(self) -> str:
        return f"{self.store}: no version was champion before this one"


class StoreError(BundleError):
    """A model store that cannot be used: names the place and the reason."""

    def __init__(self, store: str, reason: str) -> None:
        super().__init__(store, reason)
        self.store = store
        self.reason = reason

    def __str__(self) -> str:
        return f"model store {self.store}: {self.reason}"


class UnusableListingError(BundleError, ValueError):
    """A listing without anything that the open experts can read.

    Attributes:
        index: its place in the list that was given.
    """

    def __init__(self, index: int, reason: str) -> None:
        super().__init__(index, reason)
        self.index = index
        self.reason = reason

    def __str__(self) -> str:
        return f"listing {self.index}: {self.reason}"
