"""What can go wrong between the page and the API.

ApiError              the API gave no answer that can be shown; the page turns it into one sentence
├── ApiDown           nobody listens, or it keeps answering 503: starting, restarting, swapping
├── ApiSlow           no answer in time
├── ApiBusy           429: too many requests
├── SignInNeeded      401 or 403: predicting is not open to everyone here
├── ListingRefused    the listing itself is at fault: 400, 413, 415, 422
└── ApiFault          anything else, an answer that cannot be read included
"""


class ApiError(Exception):
    """The API did not give what was asked."""

    exit_code = 1


class ApiDown(ApiError):
    """Nobody listens at the API's address, or the model is not ready."""


class ApiSlow(ApiError):
    """The API took longer than the page waits."""


class ApiBusy(ApiError):
    """The API asks to slow down."""


class SignInNeeded(ApiError):
    """This server predicts for signed-in users only."""


class ListingRefused(ApiError):
    """A listing that the API cannot use.

    Args:
        detail: the API's own reason.
        field: `designation`, `description` or `image`, or None where the API names none.
        status: the HTTP status.
    """

    exit_code = 2

    def __init__(self, detail: str, field: str | None, status: int) -> None:
        super().__init__(detail, field, status)
        self.detail = detail
        self.field = field
        self.status = status

    def __str__(self) -> str:
        return f"{self.field}: {self.detail}" if self.field else self.detail


class ApiFault(ApiError):
    """The API failed, or answered something the page cannot read."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status

    def __str__(self) -> str:
        return f"the API answered {self.status} and nothing that can be shown"
