"""A version must answer stored listings before it answers anybody's: the newest on the shelf, or a few of ours."""

import asyncio
import logging
from collections.abc import Sequence
from io import BytesIO

import numpy as np
from PIL import Image
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from serve_app.database.engine import Database
from serve_app.database.tables import Product
from serve_app.error import ConflictError, ModelsDownError, RequestError
from serve_app.listing_fields import ListingFields
from serve_app.prediction import PredictionService
from serve_app.products.photo_store import PhotoStore
from serve_app.serving import Serving

log = logging.getLogger("ray.serve")

LISTINGS = 8
UP_S = 30.0
ASK_AGAIN_S = 0.1
TITLES = ("Piscine tubulaire ronde 3 m avec pompe", "Roman policier, livre de poche", "1984", "Gants de boxe 12 oz €")

Trial = tuple[ListingFields, bytes | None]
"""The fields of a listing, and its photo."""


def stored_listings(database: Database, photos: PhotoStore) -> list[Trial]:
    """The newest products on the shelf; made-up titles where there are none, or their stores do not answer."""
    columns = select(Product.designation, Product.description, Product.photo_hash)
    try:
        with database.read() as session:
            newest = session.execute(columns.order_by(Product.number.desc()).limit(LISTINGS)).all()
        found: list[Trial] = [
            (ListingFields(designation=title, description=text), photos.read(photo) if photo else None)
            for title, text, photo in newest
        ]
    except (SQLAlchemyError, OSError) as error:
        log.warning("no stored listings to try a version on: %s", type(error).__name__)
        found = []
    return found or [(ListingFields(designation=title), photo) for title in TITLES for photo in (None, _plain_photo())]


async def try_out(service: PredictionService, serving: Serving, listings: Sequence[Trial]) -> None:
    """Ask a version that answers nobody yet.

    Raises:
        ConflictError: it does not answer, or not with probabilities.
    """
    serving.watch()
    try:
        async with asyncio.timeout(UP_S):
            while serving.down:
                await asyncio.sleep(ASK_AGAIN_S)
    except TimeoutError:
        raise ConflictError(f"the {' and the '.join(serving.down)} model does not answer for it") from None
    for fields, photo in listings:
        try:
            prediction = await service.judge(serving, fields, photo)
        except ModelsDownError as error:
            raise ConflictError(f"on a stored listing: {error}") from error
        except RequestError:
            continue  # a listing that this version has no model for
        lost = [modality for modality in prediction.degraded if modality in serving.clients]
        if lost:
            raise ConflictError(f"on a stored listing its {' and its '.join(lost)} model failed")
        if not np.isfinite(prediction.probabilities).all() or abs(prediction.probabilities.sum() - 1) > 1e-3:
            raise ConflictError("on a stored listing it answers with numbers that are no probabilities")


def _plain_photo() -> bytes:
    photo = BytesIO()
    Image.new("RGB", (64, 48), "teal").save(photo, "JPEG")
    return photo.getvalue()
