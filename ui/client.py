"""The one HTTP client of the API: typed answers in, one exception tree out."""

import asyncio
from pathlib import Path
from types import TracebackType
from typing import Literal, Self, TypeVar

import httpx
from pydantic import BaseModel, Field, ValidationError

from ui.error import ApiBusy, ApiDown, ApiError, ApiFault, ApiSlow, ListingRefused, SignInNeeded

Modality = Literal["text", "image"]
Answer = TypeVar("Answer", bound=BaseModel)

EVERY_CATEGORY = 1000
"""`top_k` that gives every category: the page needs the names of the whole conformal set."""


class Category(BaseModel):
    """A shelf with its names."""

    prdtypecode: int
    name_fr: str
    name_en: str


class RankedCategory(Category):
    """A shelf in an answer."""

    probability: float


class VotedCategory(BaseModel):
    """A shelf in one modality's vote; its name stands in the answer's categories."""

    prdtypecode: int
    probability: float


class Vote(BaseModel):
    """What one modality says by itself, and its share in the sum."""

    weight: float
    categories: list[VotedCategory]


class CategorySet(BaseModel):
    """The conformal set: one of these, `coverage` of the time as promised, `measured` of the time when measured."""

    coverage: float | None = None
    measured: float | None = None
    prdtypecodes: list[int] = Field(default_factory=list)


class Prediction(RankedCategory):
    """The answer to one listing: the best shelf, and why."""

    categories: list[RankedCategory]
    category_set: CategorySet | None = None
    votes: dict[Modality, Vote | None] = Field(default_factory=dict)
    absent: list[Modality] = Field(default_factory=list)
    degraded: list[Modality] = Field(default_factory=list)
    version: str
    elapsed_ms: float


class Served(BaseModel):
    """What would answer a prediction now.

    Attributes:
        down: modalities that the model has but that have no say now.
        synthetic: the model learned from synthetic listings only.
    """

    version: str | None = None
    categories: list[Category] = Field(default_factory=list)
    modalities: list[Modality] = Field(default_factory=list)
    down: list[Modality] = Field(default_factory=list)
    ready: bool
    synthetic: bool = False


class ApiClient:
    """Talks to the API at a URL; one per process, used from one event loop.

    Args:
        api_url: where the server answers, for example `http://127.0.0.1:8000`.
        timeout_s: how long one answer may take.
        pauses_s: waits before each new try while the API is down or answers 503.

    Raises (every call): an ApiError.
    """

    def __init__(self, api_url: str, *, timeout_s: float = 30.0, pauses_s: tuple[float, ...] = (0.2, 0.6, 1.5)) -> None:
        self._base_url = f"{api_url.rstrip('/')}/api/v1"
        self._timeout_s = timeout_s
        self._pauses_s = pauses_s
        self._http: httpx.AsyncClient | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        if self._http is not None:
            await self._http.aclose()
            self._http = None

    async def served(self) -> Served:
        """What answers now; asked once, because the page asks again by itself."""
        response = await self._send(self._connection().build_request("GET", "/predict"), pauses_s=())
        return _read(response, Served)

    async def predict(self, designation: str, description: str = "", *, photo: Path | None = None) -> Prediction:
        """The shelf of one listing. The photo's bytes go as they are: the API alone judges them."""
        fields = {"designation": designation, "description": description, "top_k": str(EVERY_CATEGORY)}
        parts: dict[str, tuple[str | None, bytes | str]] = {name: (None, value) for name, value in fields.items()}
        if photo is not None:
            parts["image"] = (photo.name, await asyncio.to_thread(photo.read_bytes))
        request = self._connection().build_request("POST", "/predict", files=parts)
        return _read(await self._send(request, pauses_s=self._pauses_s), Prediction)

    def _connection(self) -> httpx.AsyncClient:
        # Made at the first call, inside the event loop that will use it.
        if self._http is None:
            self._http = httpx.AsyncClient(base_url=self._base_url, timeout=self._timeout_s, trust_env=False)
        return self._http

    async def _send(self, request: httpx.Request, *, pauses_s: tuple[float, ...]) -> httpx.Response:
        # A prediction changes nothing, so asking again is safe.
        for pause_s in (*pauses_s, None):
            try:
                response = await self._connection().send(request)
            except httpx.TimeoutException as error:
                raise ApiSlow from error
            except httpx.TransportError as error:
                if pause_s is None:
                    raise ApiDown from error
            else:
                if response.status_code != 503:
                    return response
                if pause_s is None:
                    raise ApiDown
            await asyncio.sleep(pause_s)
        raise AssertionError("the last try returns or raises")


def _read(response: httpx.Response, model: type[Answer]) -> Answer:
    if not response.is_success:
        raise _error(response)
    try:
        return model.model_validate_json(response.content)
    except ValidationError as error:
        raise ApiFault(response.status_code) from error


def _error(response: httpx.Response) -> ApiError:
    status = response.status_code
    if status == 429:
        return ApiBusy()
    if status in (401, 403):
        return SignInNeeded()
    if status in (400, 413, 415, 422):
        return _refusal(response)
    return ApiFault(status)


def _refusal(response: httpx.Response) -> ListingRefused:
    """The API's `{"detail": "field: reason", "field": …}`; only a photo makes a whole body too large."""
    try:
        refusal = _Refusal.model_validate_json(response.content)
    except ValidationError:
        refusal = _Refusal()
    field = (refusal.field or "").removesuffix("_base64")
    detail = refusal.detail.removeprefix(f"{refusal.field}: ")
    if response.status_code == 413:
        field = "image"
    return ListingRefused(detail, field or None, response.status_code)


class _Refusal(BaseModel):
    detail: str = ""
    field: str | None = None
