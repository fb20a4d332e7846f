"""What runs in a training's job: makes the challenger, and tells the training's row how it goes."""

import logging
import os
import signal
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from types import FrameType

from sqlalchemy import make_url

from bundle.challenger import MakeChallenger, Order
from bundle.store import ModelStore
from serve_app.database.engine import Database
from serve_app.database.tables import Training
from serve_app.jobs.export import export_products
from serve_app.jobs.folder import working_folder
from serve_app.jobs.percent import Percent, stages_of
from serve_app.jobs.reporter import Ending, Reporter
from serve_app.jobs.reserved_cpu import ReservedCpu
from serve_app.jobs.row import find_training
from serve_app.products.photo_store import open_photo_store
from serve_app.settings import Settings

NICENESS = 19
DETAIL_CHARS = 500


class _Cancelled(BaseException):
    """Somebody cancelled the training."""


def run_training(settings: Settings, training_id: str, makers: Mapping[str, str], *, ray_address: str) -> bool:
    """Work off a training that was queued.

    Args:
        makers: `module:function` of a `MakeChallenger` by mode.
        ray_address: of the server's Ray.
    Returns:
        Whether it succeeded.
    Raises:
        NotFoundError: there is no such training.
    """
    os.setpriority(os.PRIO_PROCESS, 0, NICENESS)  # predictions go first
    database = Database(settings.database_url)
    os.environ["RAY_ADDRESS"] = ray_address
    training = find_training(database, training_id)
    if not training.active:
        return False
    store = ModelStore(settings.store_url)
    experts = [expert.name for expert in store.manifest().experts] if store.champion() else []
    with Reporter(database, training.id, Percent(stages_of(training.mode, experts))) as reporter:
        ending = _ending(settings, database, store, training, makers[training.mode], reporter)
        reporter.end(ending)
    return ending.state == "succeeded"


def _ending(
    settings: Settings, database: Database, store: ModelStore, training: Training, maker: str, reporter: Reporter
) -> Ending:
    try:
        # Ray sets its own handlers of signals, so ours come after it.
        with (
            working_folder(settings, training.id) as folder,
            _ray(),
            _cancellable(),
            ReservedCpu(reporter.waiting) as cpu,
        ):
            reporter.running()
            reporter.progress("export", 0, 1)
            products = folder / "products"
            sold = export_products(database, open_photo_store(settings.photos_url), products)
            reporter.say(f"{sold} products on the shelf")
            order = Order(
                base=settings.data_folders,
                products=products if sold else None,
                store=store,
                cache_dir=settings.cache,
                promote=training.promote,
                progress=reporter.progress,
                release_cpu=cpu.release,
            )
            outcome = _function(maker)(order)
            return Ending("succeeded", outcome.note, outcome.version, outcome.metrics)
    except _Cancelled:
        return Ending("cancelled")
    except Exception as error:
        # The rooms' own errors are written for people; anything else is a fault of ours, and its trace tells where.
        known = hasattr(error, "exit_code")
        if not known:
            reporter.say(_without_secrets(traceback.format_exc(), settings))
        line = " ".join(f"{'' if known else type(error).__name__ + ': '}{error}".split())
        return Ending("failed", _without_secrets(line, settings)[:DETAIL_CHARS])


def _function(path: str) -> MakeChallenger:
    module, _, name = path.partition(":")
    return getattr(import_module(module), name)


@contextmanager
def _cancellable() -> Iterator[None]:
    """SIGTERM and SIGINT raise `_Cancelled` inside, once; afterwards they do nothing, so that the end is told."""

    def cancel(_number: int, _frame: FrameType | None) -> None:
        _handle_stops(signal.SIG_IGN)
        raise _Cancelled

    _handle_stops(cancel)
    try:
        yield
    finally:
        _handle_stops(signal.SIG_IGN)


def _handle_stops(handler: "signal._HANDLER") -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, handler)


@contextmanager
def _ray() -> Iterator[None]:
    """Connected to the server's Ray."""
    import ray

    ray.init(address=os.environ["RAY_ADDRESS"], log_to_driver=False, logging_level=logging.ERROR)
    try:
        yield
    finally:
        ray.shutdown()


def _without_secrets(text: str, settings: Settings) -> str:
    secrets = [make_url(settings.database_url).password]
    if settings.signing_key is not None:
        secrets.append(settings.signing_key.get_secret_value())
    for secret in filter(None, secrets):
        text = text.replace(str(secret), "***")
    return text
