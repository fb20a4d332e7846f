"""A Ray of one's own for the length of a piece of work, beside whatever other Ray runs on the machine."""

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout

import ray

from train.error import TrainError

ATTEMPTS = 3
ENVIRONMENT = {
    "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0",  # or workers would start through `uv run` where we were
    "RAY_TRAIN_V2_ENABLED": "1",
    "RAY_TRAIN_WORKER_GROUP_START_TIMEOUT_S": "300",  # TensorFlow takes a minute to import on a busy small machine
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",  # the behaviour to come, and no warning about it
}


@contextmanager
def ray_session(*, debug: bool = False) -> Iterator[None]:
    """Use the Ray this process is connected to, or start a local one and shut it down afterwards.

    `address="local"` never joins a Ray that runs on the machine already, whatever `RAY_ADDRESS` says; every port is
    a free one. Ray's own logs go to its session folder; standard output stays untouched.

    Args:
        debug: show the workers' output on standard error.
    """
    for name, value in ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    if ray.is_initialized():
        yield
        return
    _start(debug=debug)
    try:
        with redirect_stdout(sys.stderr):  # Ray prints there when a worker dies
            yield
    finally:
        ray.shutdown()


def join_cluster(address: str) -> None:
    """Connect this process to a Ray that runs already, which `ray_session` then uses.

    Args:
        address: `auto` for that of this machine, or `host:port`.
    Raises:
        TrainError: there is none.
    """
    for name, value in ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    try:
        ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR)
    except (ConnectionError, ValueError) as error:
        raise TrainError(f"--ray-address {address}: no Ray answers there ({str(error).splitlines()[0]})") from error


def silence_ray_data() -> None:
    """No progress bars of Ray Data, which would draw over ours, nor the lines that stand in their place."""
    import ray.data

    ray.data.DataContext.get_current().enable_progress_bars = False
    logging.getLogger("ray.data").setLevel(logging.ERROR)


def _start(*, debug: bool) -> None:
    """Start Ray, again where the machine was too busy: Ray gives its first process 30 seconds, whatever is asked."""
    os.environ.setdefault("RAY_TRAIN_ENABLE_PREEMPTION_WATCHER", "0")  # nobody takes away the only machine
    for attempt in range(1, ATTEMPTS + 1):
        try:
            ray.init(
                address="local",
                include_dashboard=False,
                log_to_driver=debug,
                logging_level=logging.INFO if debug else logging.ERROR,
                object_store_memory=OBJECT_STORE_BYTES,
            )
            return
        except Exception as error:  # Ray has no class of its own for it
            ray.shutdown()
            if "timed out during startup" not in str(error):
                raise
            if attempt == ATTEMPTS:
                raise TrainError(
                    f"Ray did not start in {ATTEMPTS} attempts of 30 seconds: this machine is too busy; stop other work"
                ) from error


OBJECT_STORE_BYTES = 256 * 1024**2
"""Arrays go through files, so little passes here."""
