"""One call of a handler: who asks, in which language, and the API asked in their name.

Whoever finds a handler's address may call it with anything. So a handler has no rights of its own: the tokens come from
the reader's browser with every call, and go back to it when they were renewed.
"""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import gradio as gr
from pydantic import BaseModel, ValidationError

from ui.client import ApiClient
from ui.error import ApiError, NotAllowed, SignInNeeded
from ui.record import Account, Role, Tokens
from ui.texts.language import texts_in
from ui.texts.shape import Texts
from ui.visitor import visitor_of

Answer = TypeVar("Answer")

SIGNED_OUT: dict[str, str] = {}
"""What the browser keeps when nobody is signed in; nothing at all would leave the old tokens there."""


class Session(BaseModel):
    """What the browser keeps of somebody who signed in.

    Attributes:
        role: decides what is shown; what may be done is the API's to say.
    """

    access_token: str
    refresh_token: str
    username: str
    role: Role

    @classmethod
    def of(cls, tokens: Tokens, account: Account) -> "Session":
        return cls(
            access_token=tokens.access_token,
            refresh_token=tokens.refresh_token,
            username=account.username,
            role=account.role,
        )


class Visit:
    """One call of a handler.

    Args:
        api: the client of the page.
        stored: what the browser keeps of the session, or whatever somebody sent in its place.
        language: the reader's language, as the browser remembers it.
    """

    def __init__(self, api: ApiClient, stored: object, language: object, request: gr.Request) -> None:
        self.api = api.for_visitor(visitor_of(request))
        self.texts: Texts = texts_in(language)
        self.session = read_session(stored)
        self._came_with = self.session

    @property
    def stored(self) -> Any:
        """What the browser is to keep from now on."""
        if self.session == self._came_with:
            return gr.skip()
        return self.session.model_dump() if self.session else SIGNED_OUT

    async def ask(self, ask: Callable[[str], Awaitable[Answer]]) -> Answer:
        """Ask the API as whoever signed in; with new tokens where the old one has run out.

        Args:
            ask: the call, given the access token.
        Raises:
            SignInNeeded: nobody signed in, or the session is over.
            ApiError
        """
        if self.session is None:
            raise SignInNeeded
        try:
            return await ask(self.session.access_token)
        except NotAllowed:
            raise
        except SignInNeeded:
            await self._renew()
            return await ask(self.session.access_token)

    async def ask_anyway(self, ask: Callable[[str | None], Awaitable[Answer]]) -> Answer:
        """Ask the API as whoever signed in, or as nobody: some calls need no account.

        Raises:
            ApiError
        """
        if self.session is None:
            return await ask(None)
        return await self.ask(ask)

    def sentence(self, error: ApiError) -> str:
        """What people read instead of an error."""
        if isinstance(error, SignInNeeded) and self._came_with is not None and self.session is None:
            return self.texts.account.over
        return self.texts.sentence(error)

    async def _renew(self) -> None:
        assert self.session is not None
        try:
            tokens = await self.api.refresh(self.session.refresh_token)
        except SignInNeeded:
            self.session = None
            raise
        renewed = {"access_token": tokens.access_token, "refresh_token": tokens.refresh_token}
        self.session = self.session.model_copy(update=renewed)


def read_session(stored: object) -> Session | None:
    """The session that a browser kept; None for anything that is none."""
    try:
        return Session.model_validate(stored)
    except ValidationError:
        return None
