"""TensorBoard over the folder of all trainings, in the foreground of this process."""

import logging
import sys
import threading
import types
from collections.abc import Callable
from pathlib import Path

from train.error import RunError, TrackingError

HOST = "127.0.0.1"
RELOAD_S = 10


def serve_tensorboard(runs: Path, *, port: int, on_ready: Callable[[str], None]) -> None:
    """Show all runs until KeyboardInterrupt.

    Args:
        runs: RAYONNAGE_HOME/runs; made if missing, so that it can be open before the first training.
        port: free, see `serve_app.instance.check_port`.
        on_ready: called with the address.
    Raises:
        RunError: the folder cannot be read or made.
        TrackingError: TensorBoard does not start.
    """
    # By this module TensorBoard knows that it is to do without TensorFlow, whose import takes seconds.
    sys.modules.setdefault("tensorboard.compat.notf", types.ModuleType("tensorboard.compat.notf"))
    from tensorboard import default, program
    from tensorboard.assets import get_default_assets_zip_provider

    try:
        runs.mkdir(parents=True, exist_ok=True)
        next(runs.iterdir(), None)
    except OSError as error:
        raise RunError(str(runs), f"cannot be read ({error.strerror})") from error
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    logging.getLogger("tensorboard").setLevel(logging.ERROR)
    board = program.TensorBoard(default.get_plugins(), get_default_assets_zip_provider())
    arguments = ["tensorboard", "--logdir", str(runs), "--host", HOST, "--port", str(port)]
    # A resumed training writes a second file into its folder; both may still grow.
    board.configure(
        [*arguments, "--reload_interval", str(RELOAD_S), "--reload_multifile", "true", "--load_fast", "false"]
    )
    try:
        url = board.launch()
    except (program.TensorBoardServerException, OSError) as error:
        raise TrackingError(f"TensorBoard does not start: {' '.join(f'{error}'.split())}") from error
    on_ready(url)
    threading.Event().wait()
