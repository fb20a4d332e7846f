"""What every tab is given: the API, what the browser remembers, and the words."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gradio as gr

from ui.client import ApiClient
from ui.texts.shape import Texts
from ui.visit import Visit
from ui.words import Words

SECRET = "rayonnage-page"
"""By which the browser scrambles what it remembers: the same after every start, or nobody would stay signed in."""

QUICK: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private", "preprocess": False}
"""Handlers take what the browser sent as it is and judge it themselves: a choice that this process has forgotten since
it was started again is no error, and a photo goes to the API byte for byte."""

SEEN: dict[str, Any] = {**QUICK, "show_progress": "minimal"}
"""The same for what takes long enough to be worth a sign of it."""

LOADED: dict[str, Any] = {**QUICK, "trigger_mode": "always_last"}
"""For what loads anew: asked for while it loads, as when somebody signs out, it loads once more."""

REFRESH_SHOWN = """
() => {
  const shown = [...document.querySelectorAll('button.refresh')].find((button) => button.offsetParent);
  shown?.click();
}
"""
"""The tab in sight loads anew: every tab that shows what lives in the API has such a button."""


def into_sight(target: str, *, within: str) -> str:
    """A script that brings the beginning of something into sight, and only where it is not.

    Args:
        target: selector of what has to be seen; `within`: of the part around it that is scrolled to.
    """
    return f"""
    () => {{
      const target = document.querySelector('{target}');
      const top = target?.getBoundingClientRect().top ?? 0;
      const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
      if (top < 0 || top > innerHeight * 0.6)
        target.closest('{within}').scrollIntoView({{ behavior: still ? 'instant' : 'smooth', block: 'start' }});
    }}
    """


@dataclass(frozen=True, slots=True)
class Frame:
    """What every tab is given.

    Attributes:
        session, language: what the browser remembers.
        served: what answers now (`Served` or None).
        watch: asks for that again and again while it is active.
    """

    api: ApiClient
    words: Words
    session: gr.BrowserState
    language: gr.BrowserState
    served: gr.State
    watch: gr.Timer

    @property
    def who(self) -> list[gr.components.Component]:
        """The first two inputs of every handler."""
        return [self.session, self.language]

    def visit(self, session: object, language: object, request: gr.Request) -> Visit:
        return Visit(self.api, session, language, request)

    def heading(self, text: Callable[[Texts], str], **attributes: Any) -> gr.HTML:
        """A heading in the reader's language."""
        return self.words.say(gr.HTML(**attributes), value=text)
