"""What the HTTP handlers work with, made once in each replica of the router."""

from dataclasses import dataclass

from serve_app.accounts.signing_key import signing_key
from serve_app.accounts.token import TokenSigner
from serve_app.database.engine import Database
from serve_app.prediction import PredictionService
from serve_app.settings import Settings


@dataclass(frozen=True, slots=True)
class Backend:
    """Everything behind the API."""

    settings: Settings
    predictions: PredictionService
    database: Database
    signer: TokenSigner


def open_backend(settings: Settings, predictions: PredictionService) -> Backend:
    """Open the database (migrating it where needed) and read the keys.

    Raises:
        DatabaseError, SigningKeyError
    """
    key = signing_key(settings)
    signer = TokenSigner(key, access_s=settings.access_token_s, refresh_s=settings.refresh_token_s)
    return Backend(settings, predictions, Database(settings.database_url), signer)
