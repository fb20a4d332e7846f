"""What the HTTP handlers work with, made once in each replica of the router."""

import asyncio
import os
from dataclasses import dataclass

from bundle.store import ModelStore
from serve_app.accounts.lockout import Lockout
from serve_app.accounts.password import PasswordThread
from serve_app.accounts.rate import RateLimit
from serve_app.accounts.token import TokenSigner
from serve_app.address import Proxies
from serve_app.database.engine import Database
from serve_app.jobs.trainings import Trainings
from serve_app.prediction import PredictionService
from serve_app.products.photo_store import open_photo_store
from serve_app.products.pool import Pool
from serve_app.products.shelf import Shelf
from serve_app.serving import RunningModels, Serving
from serve_app.settings import Settings
from serve_app.swap.swapper import Swapper
from serve_app.swap.trial import stored_listings, try_out
from serve_app.watchdog import INSTANCE_VARIABLE


@dataclass(frozen=True, slots=True)
class Backend:
    """Everything behind the API."""

    settings: Settings
    predictions: PredictionService
    database: Database
    signer: TokenSigner
    lockout: Lockout
    passwords: PasswordThread
    proxies: Proxies
    rate_anonymous: RateLimit
    rate_user: RateLimit
    shelf: Shelf
    pool: Pool
    swapper: Swapper
    trainings: Trainings


def open_backend(
    settings: Settings, predictions: PredictionService, models: RunningModels, *, key: bytes, router: str, pinned: bool
) -> Backend:
    """Open the database (migrating it where needed) and the photos.

    Args:
        key: of `signing_key`.
        router: a name that no other router has.
        pinned: stay with the version that is served, whichever becomes champion.
    Raises:
        DatabaseError, TrustedProxiesError, PhotoStoreError
    """
    signer = TokenSigner(key, access_s=settings.access_token_s, refresh_s=settings.refresh_token_s)
    database, photos = Database(settings.database_url), open_photo_store(settings.photos_url)

    async def try_on_stored(serving: Serving) -> None:
        await try_out(predictions, serving, await asyncio.to_thread(stored_listings, database, photos))

    store = ModelStore(settings.store_url)
    swapper = Swapper(predictions, models, store, try_out=try_on_stored, router=router, pinned=pinned)
    trainings = Trainings(settings, database, instance=os.environ.get(INSTANCE_VARIABLE, ""))
    trainings.settle()
    return Backend(
        settings,
        predictions,
        database,
        signer,
        Lockout(database, settings.lockout_failures, settings.lockout_s),
        PasswordThread(),
        Proxies.read(settings.trusted_proxies, page_secret=settings.page_secret.get_secret_value()),
        # Each router counts for itself what comes its way.
        RateLimit(settings.rate_anonymous / settings.router_replicas),
        RateLimit(settings.rate_user / settings.router_replicas),
        Shelf(database, photos),
        Pool(database, settings.pool, photo_max_bytes=settings.image_max_bytes),
        swapper,
        trainings,
    )
