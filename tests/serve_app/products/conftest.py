"""A shelf with a few sellers, once on SQLite and once on MariaDB."""

from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from serve_app.accounts.users import Account, account_of, add_user
from serve_app.database.engine import Database
from serve_app.listing_fields import ListingFields
from serve_app.prediction_id import Predicted
from serve_app.products.photo import NewPhoto, new_photo
from serve_app.products.photo_store import open_photo_store
from serve_app.products.shelf import NewProduct, Shelf

PREDICTED = Predicted("20261125-101500-3f2a", {2583: 0.75, 10: 0.25})


@pytest.fixture(scope="session")
def new_picture() -> Callable[..., bytes]:
    """Makes an encoded picture of noise: `new_picture(seed, size=(64, 48), kind="JPEG")`."""

    def make(seed: int = 7, *, size: tuple[int, int] = (64, 48), kind: str = "JPEG", **how: object) -> bytes:
        buffer = BytesIO()
        noise = np.random.default_rng(seed).integers(0, 255, (*size[::-1], 3), np.uint8)
        Image.fromarray(noise).save(buffer, kind, **how)
        return buffer.getvalue()

    return make


@pytest.fixture(scope="session")
def take_photo(new_picture: Callable[..., bytes]) -> Callable[..., NewPhoto]:
    """Makes a photo that can be stored: `take_photo(seed)`."""
    return lambda seed=7: new_photo(new_picture(seed), max_bytes=10_000_000)


@pytest.fixture
def shelf(database: Database, tmp_path: Path) -> Shelf:
    return Shelf(database, open_photo_store(str(tmp_path / "photos")))


@pytest.fixture
def seller(database: Database) -> Callable[..., Account]:
    """Makes an account: `seller("anne")`."""

    def make(name: str = "anne", role: str = "user") -> Account:
        return account_of(database.write(lambda session: add_user(session, name, "x", role=role)))  # type: ignore[arg-type]

    return make


@pytest.fixture
def product() -> Callable[..., NewProduct]:
    """What anybody sells: `product(account, "Piscine", photo=…)`."""

    def make(account: Account, designation: str = "Piscine", *, photo: NewPhoto | None = None) -> NewProduct:
        return NewProduct(account.id, ListingFields(designation=designation), photo, 2583, PREDICTED)

    return make
