"""What handlers need, by type."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Request, Security
from fastapi.security import APIKeyHeader, OAuth2PasswordBearer

from serve_app.accounts.sign_in import account_of_key, account_of_token
from serve_app.accounts.users import Account
from serve_app.backend import Backend
from serve_app.database.engine import Database
from serve_app.error import ForbiddenError, SignInError
from serve_app.prediction import PredictionService
from serve_app.settings import Settings

bearer = OAuth2PasswordBearer(tokenUrl="token", refreshUrl="token/refresh", auto_error=False)
api_key = APIKeyHeader(name="X-API-Key", auto_error=False, description="a key of POST /keys")


async def _backend(request: Request) -> Backend:
    return request.app.state.backend


BackendDep = Annotated[Backend, Depends(_backend)]


async def _database(backend: BackendDep) -> Database:
    return backend.database


async def _settings(backend: BackendDep) -> Settings:
    return backend.settings


async def _predictions(backend: BackendDep) -> PredictionService:
    return backend.predictions


async def _started() -> AsyncIterator[float]:
    yield time.perf_counter()


DatabaseDep = Annotated[Database, Depends(_database)]
SettingsDep = Annotated[Settings, Depends(_settings)]
Service = Annotated[PredictionService, Depends(_predictions)]
Started = Annotated[float, Depends(_started)]


async def _room(service: Service) -> None:
    service.admission.check()


Room = Depends(_room)
"""Refuses a listing while there is no room for it, before anything else is looked at and its body is read."""


async def _address(request: Request, backend: BackendDep) -> str:
    return backend.proxies.caller(request.headers, request.client)


Address = Annotated[str, Depends(_address)]


async def stranger(backend: BackendDep, address: Address) -> str:
    """The address of somebody who need not sign in; counts the request.

    Raises:
        TooManyError
    """
    backend.rate_anonymous.take(address)
    return address


Stranger = Annotated[str, Depends(stranger)]


async def caller(
    backend: BackendDep,
    address: Address,
    token: Annotated[str | None, Security(bearer)],
    key: Annotated[str | None, Security(api_key)],
) -> Account | None:
    """Who asks, or None for somebody without token and key; counts the request.

    Raises:
        SignInError: token or key is not valid.
        TooManyError
    """
    account: Account | None = None
    try:
        if key:
            account = await asyncio.to_thread(account_of_key, backend.database, key)
        elif token:
            account = await asyncio.to_thread(account_of_token, backend.database, backend.signer, token)
    except SignInError:
        backend.rate_anonymous.take(address)
        raise
    if account is None:
        backend.rate_anonymous.take(address)
    else:
        backend.rate_user.take(account.id)
    return account


Caller = Annotated[Account | None, Depends(caller)]


async def signed_in(account: Caller) -> Account:
    """Raises:
    SignInError: nobody signed in.
    """
    if account is None:
        raise SignInError
    return account


SignedIn = Annotated[Account, Depends(signed_in)]


async def admin(account: SignedIn) -> Account:
    """Raises:
    ForbiddenError: not an admin.
    """
    if not account.is_admin:
        raise ForbiddenError("only admins may do this")
    return account


Admin = Annotated[Account, Depends(admin)]


async def in_person(account: SignedIn) -> Account:
    """Raises:
    ForbiddenError: an API key asks to change the account itself.
    """
    if account.by_key:
        raise ForbiddenError("an API key cannot change the account: sign in with the password")
    return account


InPerson = Annotated[Account, Depends(in_person)]


async def may_predict(account: Caller, settings: SettingsDep) -> Account | None:
    """Raises:
    SignInError: nobody signed in, and predicting is for users only.
    """
    if account is None and not settings.anonymous_predict:
        raise SignInError
    return account


MayPredict = Annotated[Account | None, Depends(may_predict)]
