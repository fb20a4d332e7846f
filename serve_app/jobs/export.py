"""Writes the products of the shelf as a folder in Rakuten's layout, which trainings read."""

import csv
import re
from pathlib import Path

from sqlalchemy import select

from serve_app.database.engine import Database
from serve_app.database.tables import Product
from serve_app.products.photo_store import PhotoStore

ROWS_AT_ONCE = 500
NO_PRODUCT_ID = 0
"""Says that the shop has none: rows of the base folders can then never be taken for the same product."""

_LINE_END = re.compile(r"[\r\n]+")
_ESCAPING = re.compile(r'\\(?="|$)')


def export_products(database: Database, photos: PhotoStore, folder: Path) -> int:
    """Write every product with the category it has now, and its photo.

    Args:
        folder: new or empty.
    Returns:
        How many products there are; with none, the folder is none that can be loaded.
    """
    columns = (Product.number, Product.designation, Product.description, Product.photo_hash, Product.prdtypecode)
    images = folder / "images" / "image_train"
    images.mkdir(parents=True)
    rows = 0
    with (
        database.read() as session,
        (folder / "X_train_update.csv").open("w", encoding="utf-8", newline="") as x_file,
        (folder / "Y_train_CVw08PX.csv").open("w", encoding="utf-8", newline="") as y_file,
    ):
        x, y = (csv.writer(file, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n") for file in (x_file, y_file))
        x.writerow(["", "designation", "description", "productid", "imageid"])
        y.writerow(["", "prdtypecode"])
        products = session.execute(select(*columns).order_by(Product.number)).yield_per(ROWS_AT_ONCE)
        for number, designation, description, photo_hash, prdtypecode in products:
            rows += 1
            x.writerow([number, _cell(designation), _cell(description), NO_PRODUCT_ID, number])
            y.writerow([number, prdtypecode])
            if photo_hash:  # gone, if the product was withdrawn meanwhile
                photos.copy(photo_hash, images / f"image_{number}_product_{NO_PRODUCT_ID}.jpg")
    return rows


def _cell(text: str) -> str:
    """A text on one line, in which no backslash makes a quote its own, as some shops' exports do."""
    return _ESCAPING.sub(r"\\ ", _LINE_END.sub(" ", text))
