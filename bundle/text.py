"""How a raw listing's text becomes what text experts read."""

from dataclasses import dataclass

from datasets.clean import clean
from datasets.listing import Listing


@dataclass(frozen=True, slots=True)
class CleanText:
    """A listing's text without markup, entities, odd spaces and control characters; "" means missing."""

    designation: str
    description: str


def prepare_text(listing: Listing) -> CleanText:
    """Clean both fields of a listing; the same call in training, serving and the tools."""
    return CleanText(clean(listing.designation), clean(listing.description))


def has_text(text: CleanText) -> bool:
    """Whether there is anything for a text expert to read."""
    return bool(text.designation or text.description)
