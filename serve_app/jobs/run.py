"""What runs in a training's job: makes the challenger, and tells the training's row how it goes."""

import logging
import os
import signal
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import FrameType

from sqlalchemy import make_url

from bundle.challenger import MakeChallenger, Order
from bundle.error import BundleError
from bundle.store import ModelStore
from datasets.stop import is_stop
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
    with Reporter(database, training.id, Percent(stages_of(training.mode, _experts(store)))) as reporter:
        ending = _Job(settings, database, store, training, reporter).run(makers[training.mode])
        reporter.end(ending)
    return ending.state == "succeeded"


@dataclass(frozen=True, slots=True)
class _Job:
    """A training at work."""

    settings: Settings
    database: Database
    store: ModelStore
    training: Training
    reporter: Reporter

    def run(self, maker: str) -> Ending:
        """Make the challenger, and give back everything that was taken for it."""
        try:
            # Ray sets its own handlers of signals, so ours come after it.
            with (
                working_folder(self.settings, self.training.id) as folder,
                _ray(),
                _cancellable(),
                ReservedCpu(self.reporter.waiting) as cpu,
            ):
                self.reporter.running()
                outcome = _function(maker)(self._order(folder / "products", cpu))
                return Ending("succeeded", outcome.note, outcome.version, outcome.metrics)
        except KeyboardInterrupt:
            return Ending("cancelled")
        except Exception as error:
            if is_stop(error):
                return Ending("cancelled")
            # The rooms' own errors are written for people; anything else is a fault of ours, and its trace tells where.
            known = hasattr(error, "exit_code")
            if not known:
                self.reporter.say(_without_secrets(traceback.format_exc(), self.settings))
            line = " ".join(f"{'' if known else type(error).__name__ + ': '}{error}".split())
            return Ending("failed", _without_secrets(line, self.settings)[:DETAIL_CHARS])

    def _order(self, products: Path, cpu: ReservedCpu) -> Order:
        sold = 0
        if self.training.mode != "fusion":  # which looks at held-out votes alone
            self.reporter.progress("export", 0, 1)
            sold = export_products(self.database, open_photo_store(self.settings.photos_url), products)
            self.reporter.say(f"{sold} products on the shelf")
        return Order(
            base=self.settings.data_folders,
            products=products if sold else None,
            store=self.store,
            cache_dir=self.settings.cache,
            home=self.settings.home,
            mlflow_uri=self.settings.mlflow_uri,
            promote=self.training.promote,
            progress=self.reporter.progress,
            release_cpu=cpu.release,
        )


def _experts(store: ModelStore) -> list[str]:
    try:
        return [expert.name for expert in store.manifest().experts]
    except BundleError:
        return []  # what is wrong is told when the champion is needed


def _function(path: str) -> MakeChallenger:
    module, _, name = path.partition(":")
    return getattr(import_module(module), name)


@contextmanager
def _cancellable() -> Iterator[None]:
    """SIGTERM acts as Ctrl-C inside, once; afterwards both do nothing, so that the end is told."""

    def cancel(_number: int, _frame: FrameType | None) -> None:
        _handle_stops(signal.SIG_IGN)
        raise KeyboardInterrupt  # Ray, where it waits, lets no other exception of a handler through

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
