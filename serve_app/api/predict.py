"""`/predict`: which shelf does a listing belong on?"""

from fastapi import APIRouter, Request, Response

from serve_app.answer import (
    Answer,
    BatchAnswer,
    BatchError,
    BatchItemError,
    Served,
    ServedCategory,
)
from serve_app.api.deps import Caller, MayPredict, Room, Service, SettingsDep, SignedIn, Started
from serve_app.api.listing_body import listing_body
from serve_app.api.refusals import refusals
from serve_app.body import MAX_LISTINGS, read_batch, read_listing
from serve_app.error import RequestError
from serve_app.listing_fields import ListingFields

router = APIRouter(tags=["predict"])


def _batch_body() -> dict:
    listings = {"type": "array", "items": ListingFields.model_json_schema(), "maxItems": MAX_LISTINGS}
    schema = {
        "type": "object",
        "properties": {"listings": listings},
        "required": ["listings"],
        "additionalProperties": False,
        "examples": [{"listings": [{"designation": "Piscine tubulaire ronde 3 m"}]}],
    }
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


@router.get("/predict", response_model=Served, responses=refusals(401))
async def served(_: Caller, service: Service, settings: SettingsDep) -> Served:
    """What would answer now: bundle version, categories, modalities."""
    manifest = service.manifest
    modalities = list(service.clients)
    return Served(
        version=manifest.version,
        ready=service.ready,
        modalities=modalities,
        down=service.down,
        synthetic=manifest.data.synthetic,
        registration=bool(settings.registration),
        anonymous_predict=bool(settings.anonymous_predict),
        experts={modality: [expert.name for expert in manifest.experts_of(modality)] for modality in modalities},
        categories=[ServedCategory(**category.model_dump()) for category in manifest.categories],
    )


@router.post(
    "/predict",
    response_model=Answer,
    responses=refusals(401, 415),
    openapi_extra=listing_body(ListingFields),
    dependencies=[Room],
)
async def predict(request: Request, _: MayPredict, service: Service, started: Started) -> Response:
    """The category of one listing, from its text, its photo, or both.

    Example:
        curl -F designation="Piscine tubulaire ronde 3 m" -F image=@photo.jpg http://127.0.0.1:8000/api/v1/predict

    With `-F explain=true` the answer also says why.
    """
    fields, photo = await read_listing(request, service.limits, ListingFields)
    answer = await service.predict(fields, photo, started=started)
    return Response(answer.model_dump_json(), media_type="application/json")


@router.post(
    "/predict/batch",
    response_model=BatchAnswer,
    responses=refusals(401, 415),
    openapi_extra=_batch_body(),
    dependencies=[Room],
)
async def predict_batch(request: Request, _: SignedIn, service: Service, started: Started) -> Response:
    """The categories of up to 256 listings, in their order; a bad one has its `error` in its place.

    `explain` is refused here: ask for one listing at a time.
    """
    listings = await read_batch(request)
    items = [
        BatchItemError(error=BatchError(field=answer.field or "body", detail=answer.reason))
        if isinstance(answer, RequestError)
        else answer
        for answer in await service.predict_many(listings, started=started)
    ]
    return Response(BatchAnswer.model_construct(items=items).model_dump_json(), media_type="application/json")
