"""Signing in, registering and signing out, at the top of the page."""

from collections.abc import Awaitable, Callable
from typing import Any

import gradio as gr

from ui.error import ApiBusy, ApiError, Conflict, NotAllowed, Refused, SignInNeeded
from ui.frame import QUICK, SEEN, Frame
from ui.markup.header import account_html
from ui.markup.part import problem_html
from ui.record import Served, Tokens
from ui.visit import SIGNED_OUT, Session, Visit


class AccountBar:
    """Who is signed in, with the buttons to become somebody else; the form is below, when it is wanted."""

    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        words = frame.words
        self.who = gr.HTML(elem_id="who")
        self.open = words.say(
            gr.Button(elem_id="open-sign-in", size="sm", min_width=0), value=lambda texts: texts.account.sign_in
        )
        self.leave = words.say(
            gr.Button(elem_id="sign-out", size="sm", min_width=0, visible=False),
            value=lambda texts: texts.account.sign_out,
        )

    def form(self) -> None:
        """Build the form, and tie everything together."""
        words = self._frame.words
        with gr.Column(visible=False, elem_id="sign-in", variant="panel") as panel:
            self.panel = panel
            self._frame.heading(lambda texts: f"<h2>{texts.account.heading}</h2>")
            self.rule = self._frame.heading(
                lambda texts: f'<p class="advice">{texts.account.register_rule}</p>', visible=False
            )
            username = words.say(
                gr.Textbox(
                    max_lines=1,
                    elem_id="username",
                    html_attributes=gr.InputHTMLAttributes(
                        autocomplete="username", autocapitalize="none", autocorrect="off", spellcheck=False
                    ),
                ),
                label=lambda texts: texts.account.username,
            )
            password = words.say(
                gr.Textbox(
                    type="password",
                    max_lines=1,
                    elem_id="password",
                    html_attributes=gr.InputHTMLAttributes(autocomplete="current-password"),
                ),
                label=lambda texts: texts.account.password,
            )
            problem = gr.HTML(elem_id="sign-in-problem", elem_classes="problem")
            with gr.Row(elem_classes="buttons"):
                enter = words.say(
                    gr.Button(variant="primary", elem_id="enter"), value=lambda texts: texts.account.sign_in
                )
                self.register = words.say(
                    gr.Button(elem_id="register", visible=False), value=lambda texts: texts.account.register
                )
                close = words.say(gr.Button(elem_id="close-sign-in"), value=lambda texts: texts.account.close)

        given = [*self._frame.who, username, password]
        told = [self._frame.session, problem, password, panel]
        gr.on([enter.click, username.submit, password.submit], self._sign_in, given, told, **SEEN)
        self.register.click(self._register, given, told, **SEEN)
        self.open.click(lambda: gr.update(visible=True), None, panel, **QUICK).then(
            None, js="() => document.querySelector('#username input, #username textarea')?.focus()"
        )
        close.click(lambda: (gr.update(visible=False), "", ""), None, [panel, problem, password], **QUICK)
        self.leave.click(lambda: SIGNED_OUT, None, self._frame.session, **QUICK)

    @property
    def outputs(self) -> list[gr.blocks.Block]:
        """What `shown` gives a value to."""
        return [self.who, self.open, self.leave, self.rule, self.register, self.panel]

    def shown(self, visit: Visit, served: Served | None) -> list[Any]:
        """The bar for whoever is signed in."""
        known = visit.session
        registers = served is not None and served.registration
        # Where nothing can be done without an account, the form is there before anybody looks for it.
        closed = known is None and served is not None and not served.anonymous_predict
        return [
            account_html(known, visit.texts),
            gr.update(visible=known is None),
            gr.update(visible=known is not None),
            gr.update(visible=registers),
            gr.update(visible=registers),
            gr.update(visible=True) if closed else gr.skip(),
        ]

    async def _sign_in(
        self, session: object, language: str, username: str | None, password: str | None, request: gr.Request
    ) -> tuple[Any, ...]:
        """Tokens for a name and a password."""
        visit = self._frame.visit(session, language, request)
        return await self._enter(visit, username, password, visit.api.token)

    async def _register(
        self, session: object, language: str, username: str | None, password: str | None, request: gr.Request
    ) -> tuple[Any, ...]:
        """Open an account, and sign in with it."""
        visit = self._frame.visit(session, language, request)

        async def open_account(name: str, secret: str) -> Tokens:
            await visit.api.register(name, secret)
            return await visit.api.token(name, secret)

        return await self._enter(visit, username, password, open_account)

    async def _enter(
        self,
        visit: Visit,
        username: str | None,
        password: str | None,
        tokens_for: Callable[[str, str], Awaitable[Tokens]],
    ) -> tuple[Any, ...]:
        said = visit.texts.account
        name, secret = str(username or "").strip(), str(password or "")
        if not name or not secret:
            return gr.skip(), problem_html(said.missing), gr.skip(), gr.skip()
        detail = ""
        try:
            tokens = await tokens_for(name, secret)
            account = await visit.api.me(token=tokens.access_token)
            return Session.of(tokens, account).model_dump(), "", "", gr.update(visible=False)
        except NotAllowed:
            sentence = said.closed
        except SignInNeeded:
            sentence = said.wrong
        except Conflict:
            sentence = said.taken
        except ApiBusy:
            sentence = said.locked
        except Refused as error:
            sentence, detail = said.register_rule, str(error)
        except ApiError as error:
            sentence = visit.sentence(error)
        return gr.skip(), problem_html(sentence, detail=detail), "", gr.skip()
