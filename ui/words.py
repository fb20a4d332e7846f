"""The components whose words change with the reader's language."""

from collections.abc import Callable
from typing import Any, TypeVar

import gradio as gr

from ui.texts.french import FRENCH
from ui.texts.shape import Texts

Part = TypeVar("Part", bound=gr.blocks.Block)
Say = Callable[[Texts], Any]


class Words:
    """Gives components their words, in French at first, and in another language when the reader asks."""

    def __init__(self) -> None:
        self._said: list[tuple[gr.blocks.Block, dict[str, Say]]] = []

    def say(self, part: Part, **says: Say) -> Part:
        """Set attributes of a component by the texts, now and whenever the language changes.

        Example:
            find = words.say(gr.Button(), value=lambda texts: texts.find)
        """
        for name, say in says.items():
            setattr(part, name, say(FRENCH))
        self._said.append((part, says))
        return part

    @property
    def parts(self) -> list[gr.blocks.Block]:
        return [part for part, _ in self._said]

    def in_language(self, texts: Texts) -> list[Any]:
        """An update for each of `parts`."""
        return [gr.update(**{name: say(texts) for name, say in says.items()}) for _, says in self._said]
