"""What a user may try: each listing of the pool before one comes again."""

import base64
import itertools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from serve_app.accounts.users import Account
from serve_app.database.engine import Database
from serve_app.error import NotFoundError
from serve_app.products.pool import Pool

Seller = Callable[..., Account]


@pytest.fixture
def folder(tmp_path: Path, new_picture: Callable[..., bytes]) -> Path:
    """Five listings: three of text, one with a photo, one with nothing but a photo that is none."""
    folder = tmp_path / "pool"
    photos = folder / "images" / "image_test"
    photos.mkdir(parents=True)
    rows = ["0,Piscine,,1,1", "1,Livre,,2,2", "2,Peluche,,3,3", "3,Tapis,,4,4", "4,,,5,5"]
    (folder / "X_test_update.csv").write_text(",designation,description,productid,imageid\n" + "\n".join(rows) + "\n")
    (photos / "image_4_product_4.jpg").write_bytes(new_picture())
    (photos / "image_5_product_5.jpg").write_bytes(b"not a photo")
    return folder


def pool(database: Database, folder: Path | None) -> Pool:
    return Pool(database, folder, photo_max_bytes=1_000_000)


def test_a_user_sees_all_before_one_again(
    database: Database, seller: Seller, folder: Path, new_picture: Callable[..., bytes]
) -> None:
    anne, bert = seller(), seller("bert")
    proposed = [pool(database, folder).propose(anne.id) for _ in range(8)]
    ids = [proposal.id for proposal in proposed]
    assert sorted(ids[:4]) == ["0", "1", "2", "3"]
    assert all(first != second for first, second in itertools.pairwise(ids))
    photos = {proposal.designation: proposal.image_base64 for proposal in proposed}
    assert photos == {
        "Piscine": None,
        "Livre": None,
        "Peluche": None,
        "Tapis": base64.b64encode(new_picture()).decode(),
    }
    assert sorted(pool(database, folder).propose(bert.id).id for _ in range(4)) == ["0", "1", "2", "3"]


def test_a_user_who_asks_twice_at_once_gets_two(database: Database, seller: Seller) -> None:
    anne = seller()
    sample = pool(database, None)
    with ThreadPoolExecutor(8) as threads:
        ids = list(threads.map(lambda _: sample.propose(anne.id).id, range(60)))
    assert len(set(ids)) == 60


def test_a_pool_that_cannot_be_read_says_which_setting(database: Database, seller: Seller, tmp_path: Path) -> None:
    anne = seller()
    (tmp_path / "header").mkdir()
    (tmp_path / "header" / "X_test_update.csv").write_text(",designation,description,productid,imageid\n")
    (tmp_path / "file").touch()
    for folder in (tmp_path, tmp_path / "header", tmp_path / "file", tmp_path / "none"):
        with pytest.raises(NotFoundError, match="RAYONNAGE_POOL") as caught:
            pool(database, folder).propose(anne.id)
        assert str(tmp_path) not in str(caught.value)


def test_a_pool_of_broken_photos_ends(database: Database, seller: Seller, folder: Path) -> None:
    header = ",designation,description,productid,imageid\n"
    (folder / "X_test_update.csv").write_text(f"{header}4,,,5,5\n")
    with pytest.raises(NotFoundError, match="RAYONNAGE_POOL"):
        pool(database, folder).propose(seller().id)
