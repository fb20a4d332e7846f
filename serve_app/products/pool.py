"""The pool of unlabelled listings: what a user who has nothing to sell may try."""

import base64
import logging
import random
import threading
from pathlib import Path

from sqlalchemy.orm import Session

from datasets.bundled import sample_path
from datasets.error import DataError, PhotoError
from datasets.folder import load_folders
from datasets.listing import Product
from datasets.photo import open_photo
from serve_app.accounts.users import user_of
from serve_app.database.engine import Database
from serve_app.error import NotFoundError
from serve_app.listing_fields import CONTROL_CHARACTER
from serve_app.products.record import Proposal

log = logging.getLogger("ray.serve")

CHECK_PX = 64
TRIES = 20
"""Broken photos without a text in a row, before a pool counts as broken."""


class Pool:
    """Listings to propose, read when the first one is asked for.

    Args:
        folder: in Rakuten's layout, its unlabelled part; None is the bundled sample.
        photo_max_bytes: larger photos are left out.
    """

    def __init__(self, database: Database, folder: Path | None, *, photo_max_bytes: int) -> None:
        self._database = database
        self._folder = folder
        self._photo_max_bytes = photo_max_bytes
        self._listings: list[Product] | None = None
        self._reading = threading.Lock()

    def propose(self, user_id: str) -> Proposal:
        """The next listing for a user: all of the pool in an order of his own, then again from its start.

        Blocks; the first time until the folder is read.

        Raises:
            NotFoundError: the pool cannot be read, or holds nothing.
        """
        listings = self._read()
        order = list(range(len(listings)))
        random.Random(user_id).shuffle(order)
        for _ in range(TRIES):
            proposal = self._proposal(listings[order[self._count(user_id) % len(order)]])
            if proposal is not None:
                return proposal
        raise NotFoundError("the pool holds no listing that can be shown (setting RAYONNAGE_POOL)")

    def _read(self) -> list[Product]:
        with self._reading:
            if self._listings is None:
                try:
                    folder = self._folder.expanduser() if self._folder else sample_path()
                    # Photos are looked at when they are proposed: there may be many.
                    self._listings = load_folders([folder], part="test", check_photos=False).products
                except (DataError, OSError) as error:
                    log.warning("the pool of listings cannot be read: %s", error)
                    raise NotFoundError(
                        "the pool of listings cannot be read: the server's log says why (setting RAYONNAGE_POOL)"
                    ) from error
            return self._listings

    def _count(self, user_id: str) -> int:
        """How many listings a user was proposed before this one."""

        def work(session: Session) -> int:
            user = user_of(session, user_id)
            user.proposals += 1
            return user.proposals - 1

        return self._database.write(work)

    def _proposal(self, product: Product) -> Proposal | None:
        photo = self._photo(product.image) if product.image else None
        if photo is None and not (product.designation or product.description):
            return None
        return Proposal(
            id=str(product.row),
            designation=CONTROL_CHARACTER.sub("", product.designation),
            description=CONTROL_CHARACTER.sub("", product.description),
            image_base64=base64.b64encode(photo).decode() if photo else None,
        )

    def _photo(self, path: Path) -> bytes | None:
        try:
            photo = path.read_bytes()
            open_photo(photo, max_bytes=self._photo_max_bytes, smallest_side=CHECK_PX)
        except (PhotoError, OSError):
            return None
        return photo
