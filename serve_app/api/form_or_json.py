"""Reads a small body that may come as a form, as OAuth2 has it, or as JSON."""

from typing import Any, TypeVar
from urllib.parse import parse_qsl

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError

from serve_app.body import JSON_TYPES, content_type, wrong_type

Model = TypeVar("Model", bound=BaseModel)

FORM_TYPE = "application/x-www-form-urlencoded"
MOST_FIELDS = 20


async def read_form_or_json(request: Request, model: type[Model]) -> Model:
    """Raises:
    RequestValidationError, RequestError
    """
    kind = content_type(request)
    body = await request.body()
    try:
        if kind in JSON_TYPES:
            return model.model_validate_json(body)
        if kind == FORM_TYPE:
            pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict")
            return model.model_validate(dict(pairs))
    except ValidationError as error:
        raise RequestValidationError([{**one, "loc": ("body", *one["loc"])} for one in error.errors()]) from None
    except ValueError:
        raise RequestValidationError([{"loc": ("body",), "msg": "is no valid form", "type": "form"}]) from None
    raise wrong_type(request, f"{FORM_TYPE} or application/json")


def form_or_json_body(model: type[BaseModel]) -> dict[str, Any]:
    """`openapi_extra=` of a route that reads its body so."""
    schema = {"schema": model.model_json_schema()}
    return {"requestBody": {"required": True, "content": {FORM_TYPE: schema, "application/json": schema}}}
