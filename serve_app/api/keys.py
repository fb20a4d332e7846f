"""`/keys`: API keys for services."""

from fastapi import APIRouter

from serve_app.accounts.api_keys import add_key, keys_of, revoke_key
from serve_app.accounts.record import KeyAnswer, Keys, NewKey, ShownKey
from serve_app.api.deps import DatabaseDep, InPerson, SignedIn
from serve_app.api.refusals import refusals

router = APIRouter(tags=["accounts"])


@router.get("/keys", responses=refusals(401))
def list_keys(account: SignedIn, database: DatabaseDep) -> Keys:
    """Your keys, newest first; none of them is shown again."""
    with database.read() as session:
        return Keys(items=[KeyAnswer.model_validate(row, from_attributes=True) for row in keys_of(session, account.id)])


@router.post("/keys", status_code=201, responses=refusals(401, 403, 409))
def make_key(given: NewKey, account: InPerson, database: DatabaseDep) -> ShownKey:
    """A new key; a service sends it as `X-API-Key`."""
    row, key = database.write(lambda session: add_key(session, account.id, given.name))
    return ShownKey(**KeyAnswer.model_validate(row, from_attributes=True).model_dump(), key=key)


@router.delete("/keys/{key_id}", status_code=204, responses=refusals(401, 403, 404))
def remove_key(key_id: str, account: InPerson, database: DatabaseDep) -> None:
    """Revoke a key, at once."""
    database.write(lambda session: revoke_key(session, account.id, key_id))
