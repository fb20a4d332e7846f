"""The shelf as a data folder: what a seller wrote comes back as he wrote it, whatever it is."""

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from PIL import Image
from sqlalchemy import delete

from datasets.clean import clean
from datasets.folder import load_folders
from datasets.listing import Product as Loaded
from serve_app.database.engine import Database
from serve_app.database.tables import Photo, Product
from serve_app.jobs.export import export_products
from serve_app.products.photo import new_photo
from serve_app.products.photo_store import PhotoStore, open_photo_store

ODD = [
    'virgule, et "guillemets" d\'un 24" LED',
    "deux\nlignes\r\net trois",
    '1,2,3,4,5\n6,"7",8,9,10',
    "😀 日本 é e\u0301 <b>gras</b> &amp; &quot;",
    "C:\\",
    'a\\",b',
    '"',
    '","',
    "=1+1",
    "'; DROP TABLE products; --",
]


@pytest.fixture
def photos(tmp_path: Path) -> PhotoStore:
    return open_photo_store(str(tmp_path / "photos"))


def sell(database: Database, listings: Sequence[tuple[str, str]], *, code: int = 10, photo: str | None = None) -> None:
    predicted = {"predicted_prdtypecode": code, "predicted_probability": 0.5, "probabilities": {str(code): 0.5}}
    database.write(
        lambda session: session.add_all(
            Product(
                designation=title,
                description=description,
                photo_hash=photo,
                prdtypecode=code,
                version="v",
                kept_proposal=True,
                **predicted,
            )
            for title, description in listings
        )
    )


def store_photo(database: Database, photos: PhotoStore) -> str:
    buffer = BytesIO()
    Image.new("RGB", (60, 40), "teal").save(buffer, "PNG")
    photo = new_photo(buffer.getvalue(), max_bytes=10_000)
    row = {"hash": photo.hash, "size_bytes": len(photo.jpeg), "width": 60, "height": 40}
    database.write(lambda session: session.add(Photo(**row)))
    with photos.staged(photo) as publish:
        publish()
    return photo.hash


def read(designation: str, description: str) -> tuple[str, str]:
    """What a model reads of a listing; a space behind a backslash says nothing."""
    return clean(designation).replace("\\ ", "\\"), clean(description).replace("\\ ", "\\")


def read_products(products: Sequence[Loaded]) -> list[tuple[str, str]]:
    return [read(product.designation, product.description) for product in products]


def test_odd_texts_come_back_on_both_databases(database: Database, photos: PhotoStore, tmp_path: Path) -> None:
    listings = [(title, description) for title in ODD for description in (*ODD, "")]
    sell(database, listings)
    assert export_products(database, photos, tmp_path / "products") == len(listings)
    loaded = load_folders([tmp_path / "products"])
    assert [issue for issue in loaded.issues if issue.effect == "note"] == []
    assert read_products(loaded.products) == [read(*texts) for texts in listings]
    assert loaded.codes == [10]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), min_size=1))
@example(texts=["\x01\x02\x7f" * 40] * 30)
def test_any_text_comes_back(texts: list[str], tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("any")
    database = Database(f"sqlite:///{folder / 'rayonnage.db'}")
    listings = [(text, f"livre {text}") for text in texts]
    sell(database, listings)
    export_products(database, open_photo_store(str(folder / "photos")), folder / "products")
    database.close()
    loaded = load_folders([folder / "products"])
    assert read_products(loaded.products) == [read(*texts) for texts in listings]


def test_photos_come_along_and_no_product_is_taken_for_one_of_the_base(
    database: Database, photos: PhotoStore, small_dir: Path, tmp_path: Path
) -> None:
    base = load_folders([small_dir])
    sell(database, [("", "")], code=1280, photo=store_photo(database, photos))
    sell(database, [(product.designation, "") for product in base.products[:10] if product.designation])
    rows = export_products(database, photos, tmp_path / "products")
    loaded = load_folders([small_dir, tmp_path / "products"])
    assert len(loaded.products) == len(base.products) + rows
    first = next(product for product in loaded.products if product.source.parent == tmp_path / "products")
    assert first.prdtypecode == 1280
    assert first.image is not None and first.image.parent == tmp_path / "products" / "images" / "image_train"


def test_a_photo_that_is_gone_costs_the_photo_alone(database: Database, photos: PhotoStore, tmp_path: Path) -> None:
    photo = store_photo(database, photos)
    sell(database, [("livre", "")], photo=photo)
    photos.remove(photo)
    export_products(database, photos, tmp_path / "products")
    (product,) = load_folders([tmp_path / "products"]).products
    assert (product.designation, product.image) == ("livre", None)


def test_an_empty_shelf_exports_no_row(database: Database, photos: PhotoStore, tmp_path: Path) -> None:
    database.write(lambda session: session.execute(delete(Product)))
    assert export_products(database, photos, tmp_path / "products") == 0
