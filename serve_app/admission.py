"""Bounds how many listings are answered at one time: who finds no room is told at once, and does not wait."""

from collections.abc import Iterator
from contextlib import contextmanager

from serve_app.error import BusyError


class Admission:
    """The room for listings in one router.

    Args:
        most: listings at one time. A batch that is larger is let in when nothing else is under way.
    Attributes:
        listings: under way now.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self.listings = 0

    def check(self, listings: int = 1) -> None:
        """Raises:
        BusyError: there is no room for so many more.
        """
        if self.listings and self.listings + listings > self.most:
            raise BusyError(f"{self.listings} listings are being answered, and no more fit: try again in a moment")

    @contextmanager
    def enter(self, listings: int = 1) -> Iterator[None]:
        """Take room for listings, and give it back whatever becomes of them.

        Raises:
            BusyError: there is none.
        """
        self.check(listings)
        self.listings += listings
        try:
            yield
        finally:
            self.listings -= listings
