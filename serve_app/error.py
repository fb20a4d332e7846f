"""What can go wrong while serving.

ServeError              the server did not start, or stopped; one line on the command line
├── PortTakenError      somebody else listens there (exit code 2)
├── AddressError        the address cannot be listened on (exit code 2)
├── StartError          a phase of the start failed
└── SettingError        what a setting names cannot be used (exit code 2)
    ├── DatabaseError
    ├── PhotoStoreError
    ├── SigningKeyError
    └── TrustedProxiesError
VersionError            a replica could not load the version that it was asked for
RequestError            a request that is refused: HTTP status, field and reason
├── SignInError         no valid token or key, or a wrong password (401)
├── ForbiddenError      signed in, and not allowed (403)
├── NotFoundError       there is no such thing (404)
├── ConflictError       not now, or not twice (409)
├── TooManyError        over a limit of rate or of failures (429)
├── ModelsDownError     no model is up that could answer (503)
└── BusyError           too much is under way; soon it is not (503)
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


class SettingError(ServeError):
    """What a setting names cannot be used.

    Args:
        named: what it names, without a password.
        reason: why not, and what to do.
    """

    exit_code = 2
    text = "{named}: {reason}"

    def __init__(self, named: str, reason: str) -> None:
        super().__init__(named, reason)
        self.named = named
        self.reason = reason

    def __str__(self) -> str:
        return self.text.format(named=self.named, reason=self.reason)


class DatabaseError(SettingError):
    """The database cannot be used."""

    text = "database {named}: {reason} (setting RAYONNAGE_DATABASE)"


class PhotoStoreError(SettingError):
    """Photos cannot be stored there."""

    text = "photos {named}: {reason} (setting RAYONNAGE_PHOTOS)"


class SigningKeyError(SettingError):
    """The signing key cannot be used."""

    text = "signing key {named}: {reason}"


class TrustedProxiesError(SettingError):
    """Neither an address nor a network."""

    text = "RAYONNAGE_TRUSTED_PROXIES: {named} {reason}"


class VersionError(Exception):
    """A model's replica could not load the version that a router asked it for."""

    def __init__(self, version: str, reason: str) -> None:
        super().__init__(version, reason)
        self.version = version
        self.reason = reason

    def __str__(self) -> str:
        return f"version {self.version}: {self.reason}"


class RequestError(Exception):
    """A request that is refused.

    Args:
        field: the field at fault, `body` for the request as a whole, or None where no field is.
        reason: what is wrong and what to do, without the field's name.
        retry_after_s: when asking again makes sense.
    """

    status_code = 422
    exit_code = 2

    def __init__(
        self, field: str | None, reason: str, *, status_code: int | None = None, retry_after_s: float | None = None
    ) -> None:
        super().__init__(field, reason, status_code, retry_after_s)
        self.field = field
        self.reason = reason
        self.status_code = status_code or type(self).status_code
        self.retry_after_s = retry_after_s

    def __reduce__(self) -> tuple[object, ...]:
        return _request_error, (type(self), self.field, self.reason, self.status_code, self.retry_after_s)

    def __str__(self) -> str:
        return f"{self.field}: {self.reason}" if self.field else self.reason


class SignInError(RequestError):
    """Who asks is not known."""

    status_code = 401

    def __init__(self, reason: str = "sign in first: POST /token, or send an X-API-Key") -> None:
        super().__init__(None, reason)


class ForbiddenError(RequestError):
    """Who asks is known, and may not."""

    status_code = 403

    def __init__(self, reason: str, *, field: str | None = None) -> None:
        super().__init__(field, reason)


class NotFoundError(RequestError):
    """There is no such thing, or not for who asks."""

    status_code = 404

    def __init__(self, reason: str) -> None:
        super().__init__(None, reason)


class ConflictError(RequestError):
    """What is there forbids it."""

    status_code = 409

    def __init__(self, reason: str, *, field: str | None = None) -> None:
        super().__init__(field, reason)


class TooManyError(RequestError):
    """Over a limit; `retry_after_s` says when it is over."""

    status_code = 429

    def __init__(self, reason: str, *, retry_after_s: float) -> None:
        super().__init__(None, reason, retry_after_s=retry_after_s)


class ModelsDownError(RequestError):
    """Nobody can answer this listing now."""

    status_code = 503

    def __init__(self, reason: str) -> None:
        super().__init__("model", reason, retry_after_s=1)


class BusyError(RequestError):
    """Too much is under way at this moment."""

    status_code = 503

    def __init__(self, reason: str) -> None:
        super().__init__(None, reason, retry_after_s=1)


def _request_error(
    kind: type[RequestError], field: str | None, reason: str, status_code: int, retry_after_s: float | None
) -> RequestError:
    error = kind.__new__(kind)
    RequestError.__init__(error, field, reason, status_code=status_code, retry_after_s=retry_after_s)
    return error
