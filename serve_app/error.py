"""What can go wrong while serving.

ServeError              the server did not start, or stopped; one line on the command line
├── PortTakenError      somebody else listens there (exit code 2)
├── AddressError        the address cannot be listened on (exit code 2)
└── StartError          a phase of the start failed
RequestError            a request that is refused: HTTP status, field and reason
└── ModelsDownError     no model is up that could answer (503)
"""


class ServeError(Exception):
    """The server cannot run."""

    exit_code = 1


class PortTakenError(ServeError):
    """Somebody listens on the port already."""

    exit_code = 2

    def __init__(self, host: str, port: int) -> None:
        super().__init__(host, port)
        self.host = host
        self.port = port

    def __str__(self) -> str:
        return f"port {self.port} is taken on {self.host}: stop what listens there, or choose another with --port"


class AddressError(ServeError):
    """An address this machine cannot listen on."""

    exit_code = 2

    def __init__(self, host: str, port: int, reason: str) -> None:
        super().__init__(host, port, reason)
        self.host = host
        self.port = port
        self.reason = reason

    def __str__(self) -> str:
        return f"cannot listen on {self.host}:{self.port}: {self.reason}"


class StartError(ServeError):
    """A phase of the start failed."""

    def __init__(self, phase: str, reason: str, logs: str) -> None:
        super().__init__(phase, reason, logs)
        self.phase = phase
        self.reason = reason
        self.logs = logs

    def __str__(self) -> str:
        return f"{self.phase} failed: {self.reason} (logs: {self.logs})"


class RequestError(Exception):
    """A request that is refused.

    Args:
        field: the field at fault, or `body` for the request as a whole.
        reason: what is wrong and what to do, without the field's name.
    """

    def __init__(self, field: str, reason: str, *, status_code: int = 422) -> None:
        super().__init__(field, reason, status_code)
        self.field = field
        self.reason = reason
        self.status_code = status_code

    def __reduce__(self) -> tuple[object, ...]:
        return _request_error, (type(self), self.field, self.reason, self.status_code)

    def __str__(self) -> str:
        return f"{self.field}: {self.reason}"


class ModelsDownError(RequestError):
    """Nobody is up who could answer this listing."""

    def __init__(self, reason: str, *, status_code: int = 503) -> None:
        super().__init__("model", reason, status_code=status_code)


def _request_error(kind: type[RequestError], field: str, reason: str, status_code: int) -> RequestError:
    error = kind.__new__(kind)
    RequestError.__init__(error, field, reason, status_code=status_code)
    return error
