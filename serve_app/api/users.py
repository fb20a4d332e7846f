"""`/users` and `/me`: register, who am I, another password, leave."""

from fastapi import APIRouter, Response

from serve_app.accounts.record import AccountAnswer, Credentials, NewPassword, Tokens
from serve_app.accounts.sign_in import claims_of_new_password
from serve_app.accounts.users import leave, register, user_of
from serve_app.api.deps import Address, BackendDep, DatabaseDep, InPerson, SignedIn, Stranger
from serve_app.api.refusals import refusals
from serve_app.error import ForbiddenError

router = APIRouter(tags=["accounts"])


@router.post("/users", status_code=201, response_model=AccountAnswer, responses=refusals(403, 409))
async def add_account(given: Credentials, backend: BackendDep, _: Stranger) -> object:
    """Register, where registration is open."""
    if not backend.settings.registration:
        raise ForbiddenError("registration is closed here: ask an admin for an account")
    return await backend.passwords.run(register, backend.database, given.username, given.password)


@router.get("/me", response_model=AccountAnswer, responses=refusals(401))
def me(account: SignedIn, database: DatabaseDep) -> object:
    """Who am I?"""
    with database.read() as session:
        return user_of(session, account.id)


@router.put("/me/password", responses=refusals(401, 403))
async def change_my_password(
    given: NewPassword, account: InPerson, backend: BackendDep, address: Address, response: Response
) -> Tokens:
    """Another password; every token of before is void, and new ones come back."""
    claims = await backend.passwords.run(
        claims_of_new_password,
        backend.database,
        backend.lockout,
        account,
        given.current_password,
        given.new_password,
        address=address,
    )
    response.headers["Cache-Control"] = "no-store"
    return backend.signer.pair(claims)


@router.delete("/me", status_code=204, responses=refusals(401, 403, 409))
def remove_my_account(account: InPerson, database: DatabaseDep) -> None:
    """Leave: the account and its keys go, its products stay on their shelves without a seller."""
    database.write(lambda session: leave(session, account))
