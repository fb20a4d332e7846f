"""Empties the shelf, and keeps a copy of what was on it."""

import json
import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session, selectinload

from bundle.store_local import fsync_path
from serve_app.database.column import now
from serve_app.database.tables import Product, User
from serve_app.products.photo_store import PhotoStore
from serve_app.products.record import ResetDone
from serve_app.products.shelf import Shelf

AT_ONCE = 500


def reset(shelf: Shelf, home: Path) -> ResetDone:
    """Remove all products, their photos and their history, and copy them below `home/backups` before.

    A product that is added meanwhile is in the copy, or still on the shelf.

    Raises:
        OSError: the copy cannot be written; then nothing is removed.
    """
    name = f"backups/products-{now():%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"
    folder = home.expanduser() / name
    folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.mkdir(mode=0o700)
    try:
        removed, photo_hashes = shelf.database.write(lambda session: _move(session, shelf.photos, folder))
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    if not removed:
        shutil.rmtree(folder)
        return ResetDone(removed=0, copied_to=None)
    shelf.remove_unused(sorted(photo_hashes))
    return ResetDone(removed=removed, copied_to=name)


def _move(session: Session, photos: PhotoStore, folder: Path) -> tuple[int, set[str]]:
    """Write the copy and remove the rows; products removed, and their photos."""
    usernames = dict(session.execute(select(User.id, User.username)).tuples().all())
    photo_hashes: set[str] = set()
    removed = 0
    (folder / "photos").mkdir(mode=0o700, exist_ok=True)
    with (folder / "products.jsonl").open("w", encoding="utf-8") as file:
        for products in _locked(session):
            for product in products:
                if product.photo_hash:
                    photo_hashes.add(product.photo_hash)
                file.write(json.dumps(_line(product, usernames), ensure_ascii=False) + "\n")
            numbers = [product.number for product in products]
            session.execute(delete(Product).where(Product.number.in_(numbers)))
            session.expunge_all()
            removed += len(products)
        file.flush()
        os.fsync(file.fileno())
    for photo_hash in photo_hashes:
        copy = folder / "photos" / f"{photo_hash}.jpg"
        if not copy.exists():
            photos.copy(photo_hash, copy)
    for changed in (folder / "photos", folder, folder.parent):
        fsync_path(changed)
    return removed, photo_hashes


def _locked(session: Session) -> Iterator[list[Product]]:
    """Products that were there at the start, some at a time; nobody changes them until the transaction ends."""
    last = session.scalar(select(func.max(Product.number))) or 0
    query = select(Product).where(Product.number <= last).order_by(Product.number).limit(AT_ONCE)
    # What was given out before is gone from the table by now.
    while products := list(session.scalars(query.options(selectinload(Product.history)).with_for_update())):
        yield products


def _line(product: Product, usernames: dict[str, str]) -> dict[str, Any]:
    """All that is known of a product."""
    return {
        "id": product.id,
        "seller": usernames.get(product.seller_id) if product.seller_id else None,
        "designation": product.designation,
        "description": product.description,
        "photo": f"photos/{product.photo_hash}.jpg" if product.photo_hash else None,
        "prdtypecode": product.prdtypecode,
        "predicted_prdtypecode": product.predicted_prdtypecode,
        "predicted_probability": product.predicted_probability,
        "probabilities": product.probabilities,
        "version": product.version,
        "kept_proposal": product.kept_proposal,
        "created_at": product.created_at.isoformat(),
        "updated_at": product.updated_at.isoformat(),
        "history": [
            {"prdtypecode": given.prdtypecode, "given_by": given.given_by, "given_at": given.given_at.isoformat()}
            for given in product.history
        ],
    }
