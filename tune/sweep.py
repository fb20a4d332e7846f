"""Runs the trials of a sweep through Ray Tune: Optuna proposes settings, ASHA ends trials that fall behind.

What happens goes into the journal. A sweep that goes on is a new run of Tune whose searcher and scheduler are told all
that earlier trials reported: Ray's own restoring begins ASHA's rungs anew and reads pickles.
"""

import logging
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import ray
import ray.tune
from ray.tune.schedulers import AsyncHyperBandScheduler

from train.options import TrainOptions
from train.ray_session import ray_session
from tune.candidate import SHARES, WHOLE
from tune.error import StoppedError, TrialError, TuneError
from tune.journal import Journal, TrialRecord
from tune.material import Ground
from tune.space import distributions, point_of, space_of
from tune.trial import Standing, run_trial

if TYPE_CHECKING:
    from ray.tune.search.optuna import OptunaSearch

METRIC, TIME = "score", "budget"
REDUCTION = 2
"""Of the trials that come to a rung, the better half goes on."""

Watch = Callable[[Sequence[TrialRecord]], None]
"""Called with all trials whenever something happened to one."""


@dataclass(frozen=True, slots=True)
class Share:
    """What runs at one time, and what each trial reserves. None: chosen by the machine."""

    concurrent: int | None = None
    cpus: float | None = None
    gpus: float = 0.0

    def on(self, resources: dict[str, float]) -> "Share":
        """The share on a machine or cluster, all of it decided.

        Raises:
            TuneError: there is less than what is asked for.
        """
        there, cards = int(resources.get("CPU", 1)), resources.get("GPU", 0.0)
        concurrent = self.concurrent or min(2, max(1, int(there // (self.cpus or 1))))
        cpus = self.cpus or max(1, there // concurrent)
        if concurrent * cpus > there:
            advice = f"--concurrent {max(1, int(there // cpus))}"
            if cpus > 1:
                advice += f" or --cpus-per-trial {max(1, there // concurrent)}" if concurrent <= there else ""
            if cpus > there:
                advice = f"--cpus-per-trial {max(1, there // concurrent)}"
            raise TuneError(
                f"{concurrent} trials at a time with {cpus:g} CPUs each need {concurrent * cpus:g} CPUs, and there are "
                f"{there}: ask for {advice}"
            )
        if self.gpus * concurrent > cards:
            raise TuneError(
                f"{concurrent} trials at a time with {self.gpus:g} GPUs each need {concurrent * self.gpus:g} GPUs, and "
                f"there are {cards:g}: ask for --gpus-per-trial {cards / concurrent:g}"
            )
        return Share(concurrent, cpus, self.gpus)


def run_sweep(
    ground: Ground, options: TrainOptions, journal: Journal, *, trials: int, share: Share, watch: Watch
) -> None:
    """Run what is missing of `trials` trials; the first has the settings of `options`.

    Raises:
        TuneError: the machine has too little for `share`.
        StoppedError: it was stopped (Ctrl-C, SIGTERM) before all trials had ended.
        TrialError: no trial ran to its end.
    """
    with ray_session():
        share = share.on(ray.cluster_resources())
        if len(journal.ended) < trials:
            _run(ground, options, journal, trials=trials, share=share, watch=watch)
    if len(journal.ended) < trials:
        raise StoppedError(len(journal.ended), trials)
    if journal.best is None:
        failed = [trial for trial in journal.trials if trial.state in ("failed", "diverged")]
        raise TrialError(len(failed), trials, next((t.reason for t in failed if t.reason), "every loss diverged"))


def _run(ground: Ground, options: TrainOptions, journal: Journal, *, trials: int, share: Share, watch: Watch) -> None:
    os.environ.setdefault("RAY_AIR_NEW_OUTPUT", "0")  # the old output is silent at verbosity 0
    os.environ.setdefault("TUNE_DISABLE_AUTO_CALLBACK_LOGGERS", "1")  # no CSV, JSON and TensorBoard files a trial
    again = [trial.number for trial in journal.unfinished]
    first_new = 1 + max((trial.number for trial in journal.trials), default=-1)
    missing = trials - len(journal.ended)
    numbers = [*again, *range(first_new, first_new + missing)][:missing]
    trainable = ray.tune.with_parameters(run_trial, ground=ground, options=options, cpus=share.cpus, gpus=share.gpus)
    with tempfile.TemporaryDirectory(prefix="rayonnage-tune-") as storage:
        tuner = ray.tune.Tuner(
            ray.tune.with_resources(trainable, {"cpu": share.cpus, "gpu": share.gpus}),
            tune_config=ray.tune.TuneConfig(
                num_samples=missing,
                max_concurrent_trials=share.concurrent,
                search_alg=searcher(options, journal),
                scheduler=scheduler(journal),
                reuse_actors=True,  # TensorFlow takes ten seconds to import
            ),
            run_config=ray.tune.RunConfig(
                name="sweep", storage_path=storage, verbose=0, callbacks=[_Recorder(journal, numbers, watch)]
            ),
        )
        with redirect_stdout(sys.stderr), _stoppable():  # Tune prints a banner whatever its verbosity
            tuner.fit()


def searcher(options: TrainOptions, journal: Journal) -> "OptunaSearch":
    """Optuna's TPE, told what ended trials came to; it proposes again what had not ended, then new settings."""
    import optuna
    from ray.tune.search.optuna import OptunaSearch

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    space = space_of(options)
    again = [trial.point for trial in journal.unfinished]
    search = OptunaSearch(
        distributions(space),
        metric=METRIC,
        mode="max",
        # Another seed than before a stop, or the random first proposals would come again.
        sampler=optuna.samplers.TPESampler(
            seed=options.seed + len(journal.ended), n_startup_trials=5, constant_liar=True
        ),
        points_to_evaluate=again if journal.trials else [point_of(options, space)],
    )
    for trial in journal.ended:
        if trial.score is not None:
            search.add_evaluated_point(trial.point, trial.score)
    return search


def scheduler(journal: Journal) -> AsyncHyperBandScheduler:
    """ASHA whose rungs hold what ended trials reported, so that it prunes as if they had just ended.

    It counts in our own budget: Tune's `training_iteration` begins anew with every trial that is started again.
    Source: Li et al. 2020, A System for Massively Parallel Hyperparameter Tuning.
    """
    asha = AsyncHyperBandScheduler(
        time_attr=TIME,
        metric=METRIC,
        mode="max",
        grace_period=SHARES[0],
        max_t=WHOLE,
        reduction_factor=REDUCTION,
    )
    (bracket,) = asha._brackets
    for trial in journal.ended:
        for standing in trial.standings:
            bracket.on_result(SimpleNamespace(trial_id=f"before-{trial.number}"), standing.budget, standing.score)
    return asha


class _Recorder(ray.tune.Callback):
    """Writes what Tune tells of its trials into the journal."""

    def __init__(self, journal: Journal, numbers: list[int], watch: Watch) -> None:
        self._journal, self._numbers, self._watch = journal, numbers, watch
        self._running: dict[str, tuple[TrialRecord, float]] = {}

    def __getstate__(self) -> dict[str, object]:
        """Nothing: Tune pickles its callbacks to go on after a crash, and the journal does that here."""
        return {}

    def on_trial_start(self, iteration: int, trials: list[Any], trial: Any, **info: object) -> None:  # noqa: ARG002
        # Tune keeps its trials in the order in which the searcher proposed them.
        number = self._numbers[[other.trial_id for other in trials].index(trial.trial_id)]
        self._running[trial.trial_id] = self._journal.start(number, trial.config), time.monotonic()
        self._watch(self._journal.trials)

    def on_trial_result(
        self,
        iteration: int,  # noqa: ARG002
        trials: list[Any],  # noqa: ARG002
        trial: Any,
        result: dict[str, Any],
        **info: object,  # noqa: ARG002
    ) -> None:
        standing = Standing(**{name: result[name] for name in Standing.__dataclass_fields__})
        self._journal.report(self._running[trial.trial_id][0], standing)
        self._watch(self._journal.trials)

    def on_trial_complete(self, iteration: int, trials: list[Any], trial: Any, **info: object) -> None:  # noqa: ARG002
        self._end(trial, reason="")

    def on_trial_error(self, iteration: int, trials: list[Any], trial: Any, **info: object) -> None:  # noqa: ARG002
        lines = str(trial.get_error() or "unknown reason").strip().splitlines()
        self._end(trial, reason=lines[-1])

    def _end(self, trial: Any, *, reason: str) -> None:
        record, started = self._running.pop(trial.trial_id)
        self._journal.end(record, seconds=time.monotonic() - started, reason=reason)
        self._watch(self._journal.trials)


@contextmanager
def _stoppable() -> Iterator[None]:
    """SIGTERM stops as Ctrl-C does, which Tune takes as the wish to end; its advice how to go on is not ours."""
    log = logging.getLogger("ray.tune")
    level, handler = log.level, signal.getsignal(signal.SIGTERM)
    log.setLevel(logging.ERROR)
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, handler)
        log.setLevel(level)
