"""Sends the listings of a file to the API, a part at a time, with their photos."""

import asyncio
import base64
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from ui.error import ListingRefused
from ui.photo_zip import PhotoTooLarge, PhotoZip
from ui.record import FileListing, Listing, Prediction
from ui.texts.shape import BatchTexts
from ui.visit import Visit

PART_LISTINGS = 32
PART_BYTES = 12_000_000
"""Photos that one request carries."""

RANKED = 2
"""Categories asked for a listing: the best, and the one it may be otherwise."""


@dataclass(frozen=True, slots=True)
class Sorted:
    """A line of the file and what became of it.

    Attributes:
        prediction: None where the API refused the listing.
        note: what to know, in the reader's language or the API's own words; "" where all went well.
    """

    listing: FileListing
    prediction: Prediction | None
    note: str


async def sort_listings(
    visit: Visit, listings: Sequence[FileListing], photos: PhotoZip | None
) -> AsyncIterator[list[Sorted]]:
    """The listings with their categories, in their order, a part at a time.

    Raises:
        ApiError
    """
    part: list[_Packed] = []
    weight = 0
    for listing in listings:
        packed = await asyncio.to_thread(_pack, listing, photos, visit.texts.batch)
        if part and (len(part) == PART_LISTINGS or weight + packed.weight > PART_BYTES):
            yield await _sort(visit, part)
            part, weight = [], 0
        part.append(packed)
        weight += packed.weight
    if part:
        yield await _sort(visit, part)


@dataclass(frozen=True, slots=True)
class _Packed:
    listing: FileListing
    sent: Listing
    note: str

    @property
    def weight(self) -> int:
        return len(self.sent.image_base64 or "")


def _pack(listing: FileListing, photos: PhotoZip | None, said: BatchTexts) -> _Packed:
    photo, note = None, ""
    if listing.image and photos is not None:
        try:
            photo = photos.read(listing.image)
            note = "" if photo else said.photo_missing.format(name=listing.image)
        except PhotoTooLarge:
            note = said.photo_large.format(name=listing.image)
    encoded = base64.b64encode(photo).decode() if photo else None
    sent = Listing(designation=listing.designation, description=listing.description, image_base64=encoded, top_k=RANKED)
    return _Packed(listing, sent, note)


async def _sort(visit: Visit, part: Sequence[_Packed]) -> list[Sorted]:
    answers = await _predict(visit, [packed.sent for packed in part])
    # A broken photo costs the photo, not the listing.
    again = [
        place
        for place, (packed, answer) in enumerate(zip(part, answers, strict=True))
        if isinstance(answer, ListingRefused) and answer.field == "image" and _has_text(packed.sent)
    ]
    notes = {place: str(answers[place]) for place in again}
    if again:
        bare = [part[place].sent.model_copy(update={"image_base64": None}) for place in again]
        for place, answer in zip(again, await _predict(visit, bare), strict=True):
            answers[place] = answer
    return [
        Sorted(packed.listing, None, "; ".join(filter(None, (packed.note, str(answer)))))
        if isinstance(answer, ListingRefused)
        else Sorted(packed.listing, answer, packed.note or notes.get(place, ""))
        for place, (packed, answer) in enumerate(zip(part, answers, strict=True))
    ]


async def _predict(visit: Visit, listings: Sequence[Listing]) -> list[Prediction | ListingRefused]:
    return await visit.ask(lambda token: visit.api.predict_batch(listings, token=token))


def _has_text(listing: Listing) -> bool:
    return bool(listing.designation.strip() or listing.description.strip())
