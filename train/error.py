"""What can go wrong in training.

TrainError           one clear line; the command line turns it into exit code 2
├── PlacedError
│   ├── ConfigError  a file of options that cannot be used
│   ├── ResumeError  a training that cannot go on
│   └── RunError     a run's folder cannot be read or written
├── WeightsError     pretrained weights are neither there nor to be had, or do not fit
├── UnknownRunError  no run has that name
├── TrackingError    TensorBoard or MLflow cannot be opened
├── DivergedError    the loss is no number any more
└── MismatchError    the OpenVINO form does not answer as the Keras model does
"""


class TrainError(Exception):
    """A training that cannot start or go on: says why, and what to do."""

    exit_code = 2


class PlacedError(TrainError):
    """What is wrong with one file, folder or run: names it first."""

    def __init__(self, place: str, reason: str) -> None:
        super().__init__(place, reason)
        self.place = place
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.place}: {self.reason}"


class ConfigError(PlacedError):
    """A file of options that cannot be used: names the key."""


class RunError(PlacedError):
    """A run whose folder cannot be read or written: names the file and the reason."""


class UnknownRunError(TrainError):
    """A name that no run has: names the nearest."""

    def __init__(self, runs: str, name: str, nearest: str | None) -> None:
        super().__init__(runs, name, nearest)
        self.runs = runs
        self.name = name
        self.nearest = nearest

    def __str__(self) -> str:
        hint = (
            f"the nearest is {self.nearest}" if self.nearest else "there is none yet: run `rayonnage train --data DIR`"
        )
        return f"{self.runs} has no run {self.name}; {hint}"


class TrackingError(TrainError):
    """TensorBoard or MLflow that cannot be opened."""


class ResumeError(PlacedError):
    """A training that cannot go on: says why."""


class WeightsError(TrainError):
    """Pretrained weights that cannot be had or do not fit: what was tried, and what to do."""

    def __init__(self, weights: str, reason: str, advice: str) -> None:
        super().__init__(weights, reason, advice)
        self.weights = weights
        self.reason = reason
        self.advice = advice

    def __str__(self) -> str:
        return f"image weights {self.weights}: {self.reason}; {self.advice}"


class DivergedError(TrainError):
    """A loss that became NaN or infinite.

    Attributes:
        rows: names of the batch's rows.
    """

    exit_code = 1

    def __init__(self, expert: str, epoch: int, step: int, rows: list[str]) -> None:
        super().__init__(expert, epoch, step, rows)
        self.expert = expert
        self.epoch = epoch
        self.step = step
        self.rows = rows

    def __str__(self) -> str:
        return (
            f"training of {self.expert} diverged: the loss is not finite in epoch {self.epoch}, step {self.step} "
            f"(rows {', '.join(self.rows)}); look at these, or give a lower {self.expert}.learning_rate with --config"
        )


class MismatchError(TrainError):
    """An OpenVINO form that answers otherwise than its Keras model: the bundle is refused."""

    exit_code = 1

    def __init__(self, expert: str, difference: float, tolerance: float) -> None:
        super().__init__(expert, difference, tolerance)
        self.expert = expert
        self.difference = difference
        self.tolerance = tolerance

    def __str__(self) -> str:
        return (
            f"{self.expert}: the OpenVINO form differs from the Keras model by {self.difference:.2g} in probability "
            f"(allowed: {self.tolerance:.2g}); the bundle is refused"
        )
