"""The fields of a listing as they come over HTTP, and what is wrong with them, in words a caller can act on."""

import base64
import binascii
import re
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from serve_app.error import RequestError

# Tab, line feed, vertical tab, form feed and carriage return are odd spaces; the rest means binary.
CONTROL_CHARACTER = re.compile("[\x00-\x08\x0e-\x1f\x7f\ud800-\udfff]")
DATA_URL = re.compile(r"\s*data:[^,]{0,200},", re.IGNORECASE)


def _no_binary(text: str | None) -> str:
    if text is None:
        return ""
    found = CONTROL_CHARACTER.search(text)
    if found:
        raise ValueError(f"has the character U+{ord(found[0]):04X} at position {found.start()}: text only, please")
    return text


def _whole_number(value: Any) -> Any:
    # Pydantic would take true for 1 and "5" for 5.
    if isinstance(value, bool | str):
        raise ValueError("is not a whole number")
    return value


def _true_or_false(value: Any) -> Any:
    if not isinstance(value, bool):
        raise ValueError("is neither true nor false")
    return value


Text = Annotated[str | None, AfterValidator(_no_binary)]


class ListingFields(BaseModel):
    """One listing to put on its shelf."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"designation": "Piscine tubulaire ronde 3 m", "description": "Avec pompe et échelle", "top_k": 3}
            ]
        },
    )

    designation: Text = Field(default="", description="title; may be empty when there is a photo")
    description: Text = Field(default="", description="may be missing or null")
    image_base64: str | None = Field(
        default=None, description="photo: base64, URL-safe or not, or a data: URL (JPEG, PNG, WebP, GIF, BMP)"
    )
    top_k: Annotated[int, BeforeValidator(_whole_number)] = Field(
        default=5, ge=1, le=1000, description="categories wanted; more than there are gives all"
    )
    explain: Annotated[bool, BeforeValidator(_true_or_false)] = Field(
        default=False,
        description="say in `explanation` which words and which parts of the photo the votes rest on; takes up to a "
        "second more; for POST /predict only",
    )


class ProductFields(ListingFields):
    """A listing, and the shelf that its seller puts it on."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"designation": "Piscine tubulaire ronde 3 m", "prdtypecode": 2583}]}
    )

    prdtypecode: Annotated[int, BeforeValidator(_whole_number)] = Field(
        description="the category chosen, one of those of GET /predict"
    )
    prediction_id: str | None = Field(
        default=None, description="of the answer of POST /predict that the seller saw; without it the server predicts"
    )


Fields = TypeVar("Fields", bound=ListingFields)


def read_fields(given: bytes | dict[str, Any], kind: type[Fields], *, text_max_chars: int) -> Fields:
    """Check the fields of one listing.

    Args:
        given: a JSON document, or its fields.
    Raises:
        RequestError: names the first field at fault.
    """
    try:
        fields = kind.model_validate_json(given) if isinstance(given, bytes) else kind.model_validate(given)
    except ValidationError as error:
        raise request_error(error, kind) from None
    for name, text in (("designation", fields.designation), ("description", fields.description)):
        if text and len(text) > text_max_chars:
            raise RequestError(name, f"is {len(text):,} characters long; {text_max_chars:,} is the most")
    return fields


def read_base64(text: str, *, max_bytes: int) -> bytes:
    """The bytes of a photo sent as text: plain, URL-safe, with line ends, without padding, or as a data: URL.

    Raises:
        RequestError: it is no base64, or longer than `max_bytes`.
    """
    start = DATA_URL.match(text)
    body = text[start.end() :] if start else text
    if len(body) > max_bytes * 1.5 + 1000:
        raise RequestError("image_base64", f"is larger than {max_bytes:,} bytes", status_code=413)
    compact = "".join(body.split()).replace("-", "+").replace("_", "/").rstrip("=")
    try:
        photo = base64.b64decode(compact + "=" * (-len(compact) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise RequestError("image_base64", "is not valid base64") from None
    if len(photo) > max_bytes:
        raise RequestError("image_base64", f"is larger than {max_bytes:,} bytes", status_code=413)
    if not photo:
        raise RequestError("image_base64", "holds no bytes")
    return photo


def request_error(error: ValidationError, kind: type[ListingFields]) -> RequestError:
    """The first thing wrong, as a refusal that names its field."""
    first = error.errors(include_url=False, include_input=False)[0]
    field = ".".join(str(part) for part in first["loc"][:2])[:60] or "body"
    error_type, message = first["type"], first["msg"]
    if error_type == "extra_forbidden":
        known = ", ".join(kind.model_fields)
        return RequestError(field, f"is no field of a listing (known: {known})")
    if error_type == "json_invalid":
        return RequestError("body", f"is not valid JSON: {message.removeprefix('Invalid JSON: ')}")
    if error_type == "model_type":
        return RequestError("body", "is not a JSON object with the fields of a listing")
    if error_type == "value_error":
        return RequestError(field, message.removeprefix("Value error, "))
    return RequestError(field, message[:1].lower() + message[1:])
