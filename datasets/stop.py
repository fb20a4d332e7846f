"""Tells a stop that somebody asked for from a failure."""


def is_stop(error: BaseException | None) -> bool:
    """Whether an exception is Ctrl-C or SIGTERM, or what a library made of one of them.

    A module of C++ that is being imported then, for example, ends with ImportError.
    """
    while error is not None and not isinstance(error, KeyboardInterrupt | SystemExit):
        error = error.__cause__ or error.__context__
    return error is not None
