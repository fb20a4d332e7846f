"""Runs a command as a Ray job: a process of its own somewhere in the cluster, listed by `ray job list`.

Ray's job manager is called in this process. Its public client talks to the dashboard, which costs eleven processes and
180 MB, and to an agent whose port is the same for all servers of a machine, so that the second one could run no job.
"""

import asyncio
import shlex
import signal
import threading
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from ray.dashboard.modules.job.job_manager import JobManager

Result = TypeVar("Result")

ANSWER_S = 30.0


@dataclass(frozen=True, slots=True)
class JobState:
    """Whether a job has ended, and why, in words; a job that Ray knows nothing of has."""

    ended: bool
    reason: str = ""


class RayJobs:
    """The jobs of the Ray that this process is connected to; any process of it sees the same ones."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._manager: JobManager | None = None

    @property
    def address(self) -> str:
        """Of this Ray. What Ray itself tells a job may be that of another one on the machine."""
        import ray

        return ray.get_runtime_context().gcs_address

    def submit(self, command: Sequence[str], *, job_id: str) -> None:
        """Start a command; it reserves nothing by itself.

        Raises:
            ValueError: there is a job of that id.
        """
        # `exec` puts the command in the place of the shell, whose exit code would hide a signal.
        entry = f"exec {shlex.join(command)}"
        self._call(self._connected().submit_job(entrypoint=entry, submission_id=job_id))

    def state(self, job_id: str) -> JobState:
        try:
            info = self._call(self._connected().get_job_info(job_id))
        except TimeoutError:
            return JobState(ended=False)  # Ray is busy; nothing says that the job is not
        if info is None:
            return JobState(ended=True, reason="Ray lost the job")
        if not info.status.is_terminal():
            return JobState(ended=False)
        return JobState(ended=True, reason=_why(info.driver_exit_code))

    def stop(self, job_id: str) -> None:
        """Send SIGTERM to the job's processes, and SIGKILL to those that are there `instance.JOB_STOP_S` later."""
        manager = self._connected()

        async def stop() -> None:
            manager.stop_job(job_id)

        self._call(stop())

    def _connected(self) -> "JobManager":
        """The manager, made when it is first needed: most routers never start a training."""
        with self._lock:
            if self._manager is None:
                # It watches its jobs from a loop of its own: Ray's calls in it block for moments.
                self._loop = asyncio.new_event_loop()
                threading.Thread(target=self._loop.run_forever, name="ray-jobs", daemon=True).start()
                self._manager = self._call(_new_manager())
            return self._manager

    def _call(self, work: Coroutine[Any, Any, Result]) -> Result:
        assert self._loop is not None
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(ANSWER_S)


async def _new_manager() -> "JobManager":
    import ray
    from ray.dashboard.modules.job.job_manager import JobManager

    worker = ray._private.worker
    return JobManager(worker.global_worker.gcs_client, worker._global_node.get_logs_dir_path())


def _why(exit_code: int | None) -> str:
    if exit_code is None:
        return "Ray lost the job's process"
    if exit_code == -signal.SIGKILL:
        return "its process was killed (the machine may have run out of memory)"
    if exit_code < 0:
        return f"its process was ended by signal {-exit_code}"
    return f"its process ended with exit code {exit_code}"
