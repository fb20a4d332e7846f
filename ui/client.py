"""The one HTTP client of the API: typed answers in, one exception tree out."""

import asyncio
import uuid
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from pydantic import BaseModel

from ui.connection import Connection, Parts, Query, path_of
from ui.error import ListingRefused
from ui.record import (
    Account,
    Key,
    Listing,
    ListingFile,
    Mode,
    Model,
    Models,
    Page,
    Prediction,
    Product,
    Proposal,
    ResetDone,
    Served,
    Tokens,
    Training,
)
from ui.sales_record import RecentSales

Photo = Path | bytes
"""The file of a photo, or what is in it. Its bytes go as they are: the API alone judges them."""

EVERY_CATEGORY = 1000
"""`top_k` that gives every category: the page needs the names of the whole conformal set."""

PROMOTE_S = 180.0
"""A promotion is answered when every replica has loaded the version; a cancelled training, when nothing is left."""


class ApiClient(Connection):
    """Every call of the API; see Connection for the arguments.

    `token` is the access token of whoever asks: the client keeps none, because one client serves many people. Times
    are aware datetimes.

    Raises (every call): an ApiError.
    """

    async def token(self, username: str, password: str) -> Tokens:
        """Sign in."""
        form = {"grant_type": "password", "username": username, "password": password}
        return await self._ask(Tokens, self._request("POST", "/token", form=form), repeatable=True)

    async def refresh(self, refresh_token: str) -> Tokens:
        """The next tokens, without the password."""
        form = {"grant_type": "refresh_token", "refresh_token": refresh_token}
        return await self._ask(Tokens, self._request("POST", "/token/refresh", form=form), repeatable=True)

    async def register(self, username: str, password: str) -> Account:
        """Open an account, where registration is open."""
        return await self._ask(
            Account, self._request("POST", "/users", json={"username": username, "password": password})
        )

    async def me(self, *, token: str) -> Account:
        return await self._ask(Account, self._request("GET", "/me", token))

    async def password(self, current: str, new: str, *, token: str) -> Tokens:
        """Another password; all tokens of before are void, and new ones come back."""
        change = {"current_password": current, "new_password": new}
        return await self._ask(Tokens, self._request("PUT", "/me/password", token, json=change))

    async def leave(self, *, token: str) -> None:
        """Remove the account; its products stay."""
        await self._send(self._request("DELETE", "/me", token))

    async def keys(self, *, token: str) -> Page[Key]:
        return await self._ask(Page[Key], self._request("GET", "/keys", token))

    async def add_key(self, name: str, *, token: str) -> Key:
        """A new API key: the only answer that holds the key itself."""
        return await self._ask(Key, self._request("POST", "/keys", token, json={"name": name}))

    async def revoke_key(self, key_id: str, *, token: str) -> None:
        await self._send(self._request("DELETE", path_of("keys", key_id), token))

    async def served(self) -> Served:
        """What answers now; asked once, because the page asks again by itself."""
        return await self._ask(Served, self._request("GET", "/predict"), pauses_s=())

    async def predict(
        self,
        designation: str,
        description: str = "",
        *,
        photo: Photo | None = None,
        top_k: int = EVERY_CATEGORY,
        explain: bool = False,
        token: str | None = None,
    ) -> Prediction:
        """The shelf of one listing; a server may answer it without a token.

        Args:
            explain: with the words and the places of the photo that carried the votes.
        """
        fields = {"designation": designation, "description": description, "top_k": str(top_k)}
        parts = await _form(photo, **fields, explain="true" if explain else "false")
        return await self._ask(
            Prediction, self._request("POST", "/predict", token, parts=parts), repeatable=True, refusal=ListingRefused
        )

    async def predict_batch(self, listings: Sequence[Listing], *, token: str) -> list[Prediction | ListingRefused]:
        """The shelves of up to 256 listings, in their order; a bad one has its refusal in its place."""
        body = {"listings": [listing.model_dump(exclude_none=True) for listing in listings]}
        batch = await self._ask(_Batch, self._request("POST", "/predict/batch", token, json=body), repeatable=True)
        return [item if isinstance(item, Prediction) else item.error.as_refusal() for item in batch.items]

    async def read_file(self, file: Path, *, token: str) -> ListingFile:
        """The listings of a CSV file, to be sent to `predict_batch`."""
        content = await asyncio.to_thread(file.read_bytes)
        parts: Parts = {"file": (file.name, content)}
        return await self._ask(
            ListingFile, self._request("POST", "/predict/batch/read", token, parts=parts), repeatable=True
        )

    async def proposal(self, *, token: str) -> Proposal:
        """A listing to try."""
        return await self._ask(Proposal, self._request("GET", "/products/proposal", token))

    async def add_product(
        self,
        designation: str,
        description: str = "",
        *,
        prdtypecode: int,
        photo: Photo | None = None,
        prediction_id: str | None = None,
        token: str,
    ) -> Product:
        """Put a product on a shelf; stored once, however often the request has to be sent.

        Args:
            prediction_id: of the prediction that the seller saw; None lets the server predict.
        """
        fields = {"designation": designation, "description": description, "prdtypecode": str(prdtypecode)}
        if prediction_id is not None:
            fields["prediction_id"] = prediction_id
        parts = await _form(photo, **fields)
        return await self._ask(
            Product,
            self._request("POST", "/products", token, parts=parts, key=uuid.uuid4().hex),
            refusal=ListingRefused,
        )

    async def products(
        self,
        *,
        token: str,
        limit: int = 20,
        cursor: str | None = None,
        prdtypecode: int | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        mine: bool = False,
    ) -> Page[Product]:
        """Products on their shelves, newest first."""
        query: Query = {
            "limit": limit,
            "cursor": cursor,
            "prdtypecode": prdtypecode,
            "since": since,
            "until": until,
            "mine": mine,
        }
        return await self._ask(Page[Product], self._request("GET", "/products", token, query=query))

    async def product(self, product_id: str, *, token: str) -> Product:
        return await self._ask(Product, self._request("GET", path_of("products", product_id), token))

    async def photo(self, product_id: str, *, size: int | None = None, token: str) -> bytes:
        """The photo of a product, a JPEG; `size` is the longest side in pixels of a thumbnail."""
        query = {"size": size}
        response = await self._send(self._request("GET", path_of("products", product_id, "photo"), token, query=query))
        return response.content

    async def correct(self, product_id: str, prdtypecode: int, *, token: str) -> Product:
        """Put a product on another shelf."""
        body = {"prdtypecode": prdtypecode}
        return await self._ask(
            Product, self._request("PATCH", path_of("products", product_id), token, json=body), repeatable=True
        )

    async def withdraw(self, product_id: str, *, token: str) -> None:
        await self._send(self._request("DELETE", path_of("products", product_id), token))

    async def recent_sales(
        self,
        *,
        token: str,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int = 1000,
        threshold: float = 0.8,
        prdtypecode: int | None = None,
    ) -> RecentSales:
        """Scores of the newest sales of a window.

        Args:
            prdtypecode: only sales predicted or chosen as this category.
        """
        query: Query = {
            "since": since,
            "until": until,
            "limit": limit,
            "threshold": threshold,
            "prdtypecode": prdtypecode,
        }
        return await self._ask(RecentSales, self._request("GET", "/metrics/recent-sales", token, query=query))

    async def models(self, *, token: str, limit: int = 20, cursor: str | None = None) -> Models:
        """The versions of the store, newest first."""
        query = {"limit": limit, "cursor": cursor}
        return await self._ask(Models, self._request("GET", "/models", token, query=query))

    async def promote(self, version: str, *, token: str) -> Model:
        """Deploy a version; answered when the server answers with it."""
        path = path_of("models", version, "promote")
        return await self._ask(Model, self._request("POST", path, token, timeout_s=PROMOTE_S), repeatable=True)

    async def rollback(self, *, token: str) -> Model:
        """Back to the champion before."""
        return await self._ask(Model, self._request("POST", "/models/rollback", token, timeout_s=PROMOTE_S))

    async def start_training(self, mode: Mode, *, promote: bool = False, token: str) -> Training:
        return await self._ask(
            Training, self._request("POST", "/trainings", token, json={"mode": mode, "promote": promote})
        )

    async def trainings(self, *, token: str, limit: int = 20, cursor: str | None = None) -> Page[Training]:
        query = {"limit": limit, "cursor": cursor}
        return await self._ask(Page[Training], self._request("GET", "/trainings", token, query=query))

    async def training(self, training_id: str, *, token: str) -> Training:
        """One training, with the last lines of its log."""
        return await self._ask(Training, self._request("GET", path_of("trainings", training_id), token))

    async def cancel(self, training_id: str, *, token: str) -> Training:
        return await self._ask(
            Training, self._request("DELETE", path_of("trainings", training_id), token, timeout_s=PROMOTE_S)
        )

    async def reset(self, *, token: str) -> ResetDone:
        """Remove all products; the server keeps a copy."""
        return await self._ask(ResetDone, self._request("POST", "/datasets/reset", token, json={"confirm": "reset"}))


class _BatchError(BaseModel):
    field: str
    detail: str

    def as_refusal(self) -> ListingRefused:
        return ListingRefused(self.detail, self.field.removesuffix("_base64"), 422)


class _BatchItemError(BaseModel):
    error: _BatchError


class _Batch(BaseModel):
    items: list[Prediction | _BatchItemError]


async def _form(photo: Photo | None, **fields: str) -> Parts:
    parts: dict[str, tuple[str | None, bytes | str]] = {name: (None, value) for name, value in fields.items()}
    if photo is not None:
        content = await asyncio.to_thread(photo.read_bytes) if isinstance(photo, Path) else photo
        parts["image"] = (photo.name if isinstance(photo, Path) else "photo", content)
    return parts
