"""`/products`: the shelf that sellers put their products on."""

from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request, Response

from serve_app.accounts.users import Account
from serve_app.api.deps import BackendDep, SignedIn
from serve_app.api.listing_body import listing_body
from serve_app.api.query import Cursor, Since, Until, page_cursor
from serve_app.api.refusals import refusals
from serve_app.backend import Backend
from serve_app.body import read_listing
from serve_app.database.tables import Product
from serve_app.error import NotFoundError
from serve_app.listing_fields import ProductFields
from serve_app.products.idempotency import HEADER
from serve_app.products.photo import thumbnail
from serve_app.products.record import Correction, NewProductRecord, ProductPage, ProductRecord, Proposal, product_record
from serve_app.products.sell import check_category, sell
from serve_app.products.shelf import Wanted

router = APIRouter(tags=["products"])

REPLAYED = "Idempotency-Replayed"
LARGEST_CODE = 2**63 - 1

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias=HEADER,
        pattern="^[ -~]{1,190}$",
        description="any text: the same request with the same key stores once, within 24 hours",
    ),
]
Code = Annotated[int | None, Query(ge=-LARGEST_CODE, le=LARGEST_CODE, description="the category now")]


class Jpeg(Response):
    """A photo."""

    media_type = "image/jpeg"


@router.get("/products/proposal", responses=refusals(401, 404))
def propose(account: SignedIn, backend: BackendDep) -> Proposal:
    """A listing to try, from the unlabelled pool; never the same twice in a row."""
    return backend.pool.propose(account.id)


@router.post(
    "/products",
    status_code=201,
    response_model=NewProductRecord,
    responses=refusals(401, 409, 415)
    | {201: {"headers": {REPLAYED: {"description": "`true`: stored by the same request before", "schema": {}}}}},
    openapi_extra=listing_body(ProductFields),
)
async def add(
    request: Request, response: Response, account: SignedIn, backend: BackendDep, key: IdempotencyKey = None
) -> dict[str, Any]:
    """Put a product on the shelf that its seller chose.

    Example:
        curl -H "Authorization: Bearer $TOKEN" -F designation="Piscine ronde 3 m" -F prdtypecode=2583 -F image=@photo.jpg http://127.0.0.1:8000/api/v1/products
    """  # noqa: E501
    service = backend.predictions
    fields, photo = await read_listing(request, service.limits, ProductFields)
    sale = await sell(backend.shelf, service, account, fields, photo, key=key)
    if sale.replayed:
        response.headers[REPLAYED] = "true"
    return {**_record(sale.product, request, account, backend), "predicted_anew": sale.predicted_anew}


@router.get("/products", response_model=ProductPage, responses=refusals(401))
def products(
    request: Request,
    account: SignedIn,
    backend: BackendDep,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    cursor: Cursor = None,
    prdtypecode: Code = None,
    since: Since = None,
    until: Until = None,
    mine: Annotated[bool, Query(description="only those that whoever asks sells")] = False,
) -> dict[str, Any]:
    """Products on the shelf, newest first."""
    wanted = Wanted(prdtypecode, since, until, seller_id=account.id if mine else None, before=cursor)
    found, before = backend.shelf.page(wanted, limit=limit)
    items = [_record(product, request, account, backend) for product in found]
    return {"items": items, "next": page_cursor(before) if before is not None else None}


@router.get("/products/{product_id}", response_model=ProductRecord, responses=refusals(401, 404))
def product(product_id: str, request: Request, account: SignedIn, backend: BackendDep) -> dict[str, Any]:
    """One product."""
    return _record(backend.shelf.find(product_id), request, account, backend)


@router.get(
    "/products/{product_id}/photo",
    response_class=Response,
    responses=refusals(401, 404)
    | {
        200: {"content": {"image/jpeg": {"schema": {"type": "string", "format": "binary"}}}},
        304: {"description": "The photo is the one that `If-None-Match` names"},
    },
)
def photo(
    product_id: str,
    _: SignedIn,
    backend: BackendDep,
    size: Annotated[int | None, Query(ge=16, le=1024, description="pixels of its longest side at most")] = None,
    if_none_match: Annotated[str | None, Header()] = None,
) -> Response:
    """The photo of a product, upright and without what the camera noted."""
    found = backend.shelf.photo_of(product_id)
    smaller = size is not None and size < max(found.width, found.height)
    etag = f'"{found.hash}-{size}"' if smaller else f'"{found.hash}"'
    headers = {"ETag": etag, "Cache-Control": "private, max-age=3600", "X-Content-Type-Options": "nosniff"}
    if if_none_match and {"*", etag} & {tag.strip().removeprefix("W/") for tag in if_none_match.split(",")}:
        return Response(status_code=304, headers=headers)
    jpeg = backend.shelf.photos.read(found.hash)
    if jpeg is None:
        raise NotFoundError("the photo of this product is gone")
    return Jpeg(thumbnail(jpeg, longest_px=size) if size is not None and smaller else jpeg, headers=headers)


@router.patch("/products/{product_id}", response_model=ProductRecord, responses=refusals(401, 403, 404))
def correct(
    product_id: str, correction: Correction, request: Request, account: SignedIn, backend: BackendDep
) -> dict[str, Any]:
    """Put a product of one's own on another shelf; admins may with any."""
    check_category(backend.predictions.manifest, correction.prdtypecode)
    corrected = backend.shelf.correct(account, product_id, correction.prdtypecode)
    return _record(corrected, request, account, backend)


@router.delete("/products/{product_id}", status_code=204, responses=refusals(401, 403, 404))
def withdraw(product_id: str, account: SignedIn, backend: BackendDep) -> None:
    """Withdraw a product of one's own; admins may any."""
    backend.shelf.withdraw(account, product_id)


def _record(product: Product, request: Request, account: Account, backend: Backend) -> dict[str, Any]:
    root = request.scope.get("root_path", "")
    return product_record(product, account, backend.predictions.manifest, root=root)
