"""Outlives the launcher to clean up after it: ends every process of an instance and removes its folder.

Runs as a script of its own, in a session of its own, and reads from a pipe that only the launcher holds open. Whatever
becomes of the launcher, `kill -9` included, the pipe closes then.
"""

import contextlib
import os
import shutil
import sys
import time
from pathlib import Path

import psutil

INSTANCE_VARIABLE = "RAYONNAGE_INSTANCE"
GIVE_UP_S = 10.0


def end_processes(instance: str, *, spare: set[int], give_up_s: float = GIVE_UP_S) -> list[int]:
    """Kill every process that carries the instance's name in its environment.

    Args:
        spare: process ids left alone.
    Returns:
        Ids of those that are still there after `give_up_s`.
    """
    until = time.monotonic() + give_up_s
    while True:
        # Looked up again each time: a process may have started another one while it was ended.
        found = [process for process in processes_of(instance) if process.pid not in spare]
        if not found or time.monotonic() > until:
            return [process.pid for process in found]
        for process in found:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(found, timeout=0.5)


def processes_of(instance: str) -> list[psutil.Process]:
    """Processes that carry the instance's name in their environment, and what those started.

    Ray's agents write their title over their environment; they are found by their parent.
    """
    found = {process.pid: process for process in psutil.process_iter() if _is_of(process, instance)}
    for process in list(found.values()):
        with contextlib.suppress(psutil.NoSuchProcess):
            found |= {child.pid: child for child in process.children(recursive=True)}
    return [process for process in found.values() if _lives(process)]


def _is_of(process: psutil.Process, instance: str) -> bool:
    try:
        return process.environ().get(INSTANCE_VARIABLE) == instance
    except psutil.Error:
        return False  # gone, or another user's


def _lives(process: psutil.Process) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def main() -> None:
    """Wait for the launcher's end, then clean up. Arguments: the instance, its folder."""
    instance, folder = sys.argv[1:3]
    sys.stdin.buffer.read()
    end_processes(instance, spare={os.getpid()})
    shutil.rmtree(Path(folder), ignore_errors=True)


if __name__ == "__main__":
    main()
