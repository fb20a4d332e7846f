"""`/token`: a password for a token, and a token for the next one (OAuth2, RFC 6749)."""

import asyncio

from fastapi import APIRouter, Request, Response

from serve_app.accounts.record import RefreshToken, SignIn, Tokens
from serve_app.accounts.sign_in import claims_of_password, claims_of_refresh
from serve_app.api.deps import BackendDep, Stranger
from serve_app.api.form_or_json import form_or_json_body, read_form_or_json
from serve_app.api.refusals import refusals

router = APIRouter(tags=["accounts"])


@router.post("/token", responses=refusals(401, 415), openapi_extra=form_or_json_body(SignIn))
async def sign_in(request: Request, response: Response, backend: BackendDep, address: Stranger) -> Tokens:
    """A bearer token for a username and a password.

    Example:
        curl -d username=anne -d password=… http://127.0.0.1:8000/api/v1/token
    """
    given = await read_form_or_json(request, SignIn)
    claims = await backend.passwords.run(
        claims_of_password, backend.database, backend.lockout, given.username, given.password, address=address
    )
    response.headers["Cache-Control"] = "no-store"
    return backend.signer.pair(claims)


@router.post("/token/refresh", responses=refusals(401, 415), openapi_extra=form_or_json_body(RefreshToken))
async def refresh(request: Request, response: Response, backend: BackendDep, _: Stranger) -> Tokens:
    """New tokens for a refresh token, as long as the password is the one it was given for."""
    given = await read_form_or_json(request, RefreshToken)
    claims = await asyncio.to_thread(claims_of_refresh, backend.database, backend.signer, given.refresh_token)
    response.headers["Cache-Control"] = "no-store"
    return backend.signer.pair(claims)
