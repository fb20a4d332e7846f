"""What can stop a benchmark."""


class BenchError(Exception):
    """A benchmark that cannot run here: says why."""

    exit_code = 2
