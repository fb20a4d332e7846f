"""Which texts a reader gets."""

from ui.texts.english import ENGLISH
from ui.texts.french import FRENCH
from ui.texts.shape import Texts


def texts_in(language: object) -> Texts:
    """The texts in a language as the browser remembers it; French for anything else."""
    return ENGLISH if language == "en" else FRENCH
