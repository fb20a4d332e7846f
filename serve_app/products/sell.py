"""How a listing becomes a product: with the prediction that its seller saw, or a new one."""

import asyncio
from dataclasses import dataclass

from bundle.manifest import Manifest
from serve_app.accounts.users import Account
from serve_app.database.tables import Product
from serve_app.error import RequestError
from serve_app.listing_fields import ProductFields
from serve_app.prediction import PredictionService
from serve_app.prediction_id import Predicted
from serve_app.products.idempotency import KeyedRequest
from serve_app.products.photo import new_photo
from serve_app.products.shelf import NewProduct, Shelf


@dataclass(frozen=True, slots=True)
class Sale:
    """What came of a request to sell.

    Attributes:
        replayed: the same request stored it before.
        predicted_anew: the server asked its model, because no prediction was named, or that of another listing.
    """

    product: Product
    replayed: bool
    predicted_anew: bool


async def sell(
    shelf: Shelf,
    predictions: PredictionService,
    seller: Account,
    fields: ProductFields,
    photo: bytes | None,
    *,
    key: str | None,
) -> Sale:
    """Put a listing on the shelf that its seller chose.

    Args:
        key: the request's `Idempotency-Key`.
    Raises:
        RequestError: a field is at fault.
        ConflictError: the product of this key was withdrawn since.
        ModelsDownError, BusyError: no prediction was named, and nobody can make one now.
    """
    serving = predictions.serving
    seen = predictions.ids.read(fields.prediction_id) if fields.prediction_id else None
    # A listing that was edited after the prediction is another one.
    belongs = seen is not None and seen.content == await predictions.content(fields, photo)
    request = None
    if key is not None:
        request = await asyncio.to_thread(KeyedRequest.of, seller.id, key, fields, photo)
        earlier = await asyncio.to_thread(shelf.stored_under, request)
        if earlier is not None:
            return Sale(earlier, replayed=True, predicted_anew=not belongs)
    check_category(serving.manifest, fields.prdtypecode)
    if seen is not None:
        seen.check_fresh()
    if seen is not None and belongs:
        predicted = seen.predicted
    else:
        with predictions.admission.enter():
            predicted = Predicted.of(await predictions.judge(serving, fields, photo), serving.manifest)
    stored = None
    if photo is not None:
        stored = await asyncio.to_thread(new_photo, photo, max_bytes=predictions.limits.image_max_bytes)
    new = NewProduct(seller.id, fields, stored, fields.prdtypecode, predicted)
    product, replayed = await asyncio.to_thread(shelf.add, new, request=request)
    return Sale(product, replayed, predicted_anew=not belongs)


def check_category(manifest: Manifest, prdtypecode: int) -> None:
    """Raises:
    RequestError: the served model knows no such category.
    """
    if prdtypecode not in manifest.codes:
        raise RequestError("prdtypecode", f"{prdtypecode} is no category of the served model: see GET /predict")
