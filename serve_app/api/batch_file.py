"""`/predict/batch/read`: which listings does a file hold?"""

import asyncio
from typing import Annotated

from fastapi import APIRouter, File, Response, UploadFile

from serve_app.api.deps import SignedIn
from serve_app.api.refusals import refusals
from serve_app.listing_file import ListingFile, read_listing_file

router = APIRouter(tags=["predict"])


@router.post("/predict/batch/read", response_model=ListingFile, responses=refusals(401))
async def read_batch_file(
    _: SignedIn,
    file: Annotated[UploadFile, File(description="a CSV, as shops and spreadsheets write it, also gzipped")],
) -> Response:
    """The listings of a CSV file, to be sent to `/predict/batch` with their photos; nothing is predicted or kept.

    Example:
        curl -H "Authorization: Bearer $TOKEN" -F file=@listings.csv http://127.0.0.1:8000/api/v1/predict/batch/read
    """
    content = await asyncio.to_thread(_read, await file.read(), (file.filename or "file")[:100])
    return Response(content, media_type="application/json")


def _read(data: bytes, name: str) -> str:
    return read_listing_file(data, name=name).model_dump_json()
