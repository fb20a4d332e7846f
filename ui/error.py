"""What can go wrong between a caller and the API.

ApiError                  the API did not give what was asked; the page turns it into one sentence
├── ApiDown               nobody listens, or it keeps answering 503: starting, restarting, swapping, full
├── ApiSlow               no answer in time
├── ApiBusy               429: too many requests
├── SignInNeeded          401: nobody signed in, or token or password do not count
│   └── NotAllowed        403: somebody else would have to sign in
├── Refused               400, 413, 415, 422: what was sent is at fault; names the field
│   ├── ListingRefused    the listing itself is
│   └── Conflict          409: what is there forbids it
└── ApiFault              anything else, an answer that cannot be read included
    └── NotThere          404: there is no such thing
"""


class ApiError(Exception):
    """The API did not give what was asked.

    Args:
        detail: the API's own reason, where it gave one.
    """

    exit_code = 1
    says = "the API did not give what was asked"

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail)
        self.detail = detail

    def __str__(self) -> str:
        return self.detail or self.says


class ApiDown(ApiError):
    """Nobody listens at the API's address, or the model is not ready."""

    says = "nobody answers at the API's address, or the model is not ready"


class ApiSlow(ApiError):
    """The API took longer than the caller waits."""

    says = "the API took too long to answer"


class ApiBusy(ApiError):
    """The API asks to slow down.

    Args:
        retry_after_s: how long the API says to wait.
    """

    says = "too many requests: slow down"

    def __init__(self, detail: str = "", retry_after_s: float | None = None) -> None:
        Exception.__init__(self, detail, retry_after_s)
        self.detail = detail
        self.retry_after_s = retry_after_s


class SignInNeeded(ApiError):
    """Nobody signed in, or the token, the key or the password does not count."""

    says = "sign in first"


class NotAllowed(SignInNeeded):
    """Whoever signed in may not do this."""

    says = "this account may not do this"


class Refused(ApiError):
    """Something that was sent is at fault.

    Args:
        detail: the API's own reason, without the field's name.
        field: the field at fault, or None where the API names none.
        status: the HTTP status.
    """

    exit_code = 2

    def __init__(self, detail: str, field: str | None, status: int) -> None:
        Exception.__init__(self, detail, field, status)
        self.detail = detail
        self.field = field
        self.status = status

    def __str__(self) -> str:
        return f"{self.field}: {self.detail}" if self.field else self.detail


class ListingRefused(Refused):
    """A listing that the API cannot use; `field` is `designation`, `description`, `image` or another one."""


class Conflict(Refused):
    """What is there forbids it: a name is taken, a training runs already, …"""


class ApiFault(ApiError):
    """The API failed, or answered something that cannot be read."""

    def __init__(self, status: int, detail: str = "") -> None:
        Exception.__init__(self, status, detail)
        self.status = status
        self.detail = detail

    def __str__(self) -> str:
        return f"the API answered {self.status} and nothing that can be shown"


class NotThere(ApiFault):
    """There is no such thing at this address."""

    def __str__(self) -> str:
        return self.detail or "there is no such thing"
