"""Titles and descriptions as sellers type them: from the words of a lexicon to the habits of a keyboard."""

import random
import re
import unicodedata
from collections.abc import Sequence
from html import escape

from datasets.synthetic.lexicon import Lexicon

LONGEST_TITLE = 250
IMPORTED = 0.3
"""Share of titles, and of descriptions, in importers' French, on shelves that have importers (a `[salad]` section)."""


def title(lexicon: Lexicon, thing: str, rng: random.Random) -> str:
    """A designation for one thing: a pattern of the category, then a way of typing it.

    Args:
        thing: a line of the lexicon with its choices already made.
    """
    if _is_imported(lexicon, rng):
        words = _salad(lexicon, thing, rng)
    else:
        words = lexicon.say(rng.choice(lexicon.sections["titles"]), rng, thing=thing)
    words = _typed(_tidy(words), rng)
    if rng.random() < 0.08:
        words = _with_entities(words)
    return words[:LONGEST_TITLE].rstrip()


def description(lexicon: Lexicon, thing: str, rng: random.Random) -> str:
    """A description of one to a dozen sentences, a third of them with what is left of a shop's HTML."""
    length = rng.choice((1, 1, 2, 2, 3, 3, 4, 5, 6, 8, 12))
    sentences = _some(lexicon.sections["sentences"], length, rng)
    if _is_imported(lexicon, rng):
        sentences = sentences[: length // 2] + _some(lexicon.sections["imported"], length, rng)
        rng.shuffle(sentences)
    spoken = [_sentence(lexicon.say(s, rng, thing=thing)) for s in sentences]
    if rng.random() < 0.5:
        common = lexicon.say(rng.choice(lexicon.sections["commonplaces"]), rng, thing=thing)
        spoken.insert(rng.randint(0, len(spoken)), _sentence(common))
    if rng.random() < 0.6:
        spoken.append(_sentence(lexicon.say(rng.choice(lexicon.sections["related"]), rng, thing=thing)))
    style = rng.random()
    if style < 0.18:
        text = "<br />".join(escape(s, quote=False) for s in spoken)
    elif style < 0.28:
        text = "<p>" + "</p><p>".join(spoken) + "</p>"
    elif style < 0.34:
        text = "<ul><li>" + "</li><li>".join(spoken) + "</li></ul>"
    else:
        text = rng.choice((" ", " ", "\n", " - ")).join(spoken)
    if rng.random() < 0.2:
        text = _with_entities(text)
    return text


def _is_imported(lexicon: Lexicon, rng: random.Random) -> bool:
    return "salad" in lexicon.sections and rng.random() < IMPORTED


def _salad(lexicon: Lexicon, thing: str, rng: random.Random) -> str:
    """The thing among the words that importers string around it, in no order."""
    words = [lexicon.say(s, rng, thing=thing) for s in _some(lexicon.sections["salad"], rng.randint(2, 7), rng)]
    words.insert(rng.randint(0, len(words)), thing)
    number = rng.choice(("", "", "", "<n>pcs", "<n> pièces", "1pc", "lot de <n>"))
    code = rng.choice(("", "", "", "", "<code>", "<code>"))
    return lexicon.say(" ".join((number, *words, code)), rng, thing=thing)


def _some(lines: Sequence[str], count: int, rng: random.Random) -> list[str]:
    """`count` different lines, or as many as there are."""
    return rng.sample(list(lines), min(count, len(lines)))


def _tidy(words: str) -> str:
    """No dash or comma left over where a choice was empty."""
    words = re.sub(r"\s+([,.])", r"\1", words)
    words = re.sub(r"(?:\s[-–/:]){2,}\s", " - ", words)
    return re.sub(r"^[\s\-–/:,]+|[\s\-–/:,]+$", "", words)


def _sentence(words: str) -> str:
    words = _tidy(words)
    words = words[:1].upper() + words[1:]
    return words if words.endswith((".", "!", "?", ":")) else words + "."


def _typed(words: str, rng: random.Random) -> str:
    style = rng.random()
    if style < 0.55:
        return " ".join(w[:1].upper() + w[1:] for w in words.split(" "))
    if style < 0.78:
        return words[:1].upper() + words[1:]
    if style < 0.86:
        return words.upper()
    if style < 0.93:
        return _without_accents(words)
    return words.lower()


def _without_accents(words: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFD", words) if not unicodedata.combining(c))


_ENTITIES = {"é": "&eacute;", "è": "&egrave;", "à": "&agrave;", "'": "&#39;", "ê": "&ecirc;", "ç": "&ccedil;"}


def _with_entities(words: str) -> str:
    return "".join(_ENTITIES.get(c, c) for c in words)
