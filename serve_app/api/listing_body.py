"""How the body of a listing looks, for the OpenAPI document: JSON, or a form with the photo as a file."""

from typing import Any

from serve_app.listing_fields import ListingFields


def listing_body(kind: type[ListingFields]) -> dict[str, Any]:
    """`openapi_extra=` of a route that reads a listing."""
    schema = kind.model_json_schema()
    form = {name: value for name, value in schema["properties"].items() if name != "image_base64"}
    form["image"] = {"type": "string", "format": "binary", "description": "photo: JPEG, PNG, WebP, GIF or BMP"}
    multipart = {"type": "object", "properties": form, "additionalProperties": False}
    if "required" in schema:
        multipart["required"] = schema["required"]
    content = {"application/json": {"schema": schema}, "multipart/form-data": {"schema": multipart}}
    return {"requestBody": {"required": True, "content": content}}
