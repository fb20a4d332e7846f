"""How refusals look, for the OpenAPI document."""

from typing import Any

from serve_app.answer import ErrorAnswer

DESCRIPTIONS = {
    400: "The request cannot be read",
    401: "Not signed in, or the token or key is not valid",
    403: "Signed in, and not allowed",
    404: "There is no such thing",
    405: "The method is not one of this address",
    409: "What is there forbids it",
    413: "The body or the photo is too large",
    415: "The content type is none of those accepted",
    422: "A field is at fault",
    429: "Too many requests; see Retry-After",
    503: "Nobody can answer now; see Retry-After",
}


def refusals(*status_codes: int) -> dict[int | str, dict[str, Any]]:
    """`responses=` of a route: those of every route (400, 405, 413, 422, 429, 503), and the ones named."""
    codes = sorted({400, 413, 422, 429, 503, *status_codes})
    return {code: {"model": ErrorAnswer, "description": DESCRIPTIONS[code]} for code in codes}
