"""Why a modality votes as it does: its listing without one word, or with one part of the photo covered, asked again.

Numpy only: the router makes the variants without loading a model.

Sources: Li, Monroe and Jurafsky 2016 (erasure of words); Zeiler and Fergus 2014 (occlusion of an image).
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Self

import numpy as np

from bundle.fusion import LEAST_PROBABILITY
from bundle.image import Area, SquaredPhoto
from bundle.text import CleanText

TextField = Literal["designation", "description"]

DESCRIPTION_CHARS = 1000
"""No text expert reads more of a description."""

MOST_TEXT_VARIANTS = 48
"""e5 takes about 10 ms for a long text on 2 cores."""

FEWEST_TEXT_VARIANTS = 8
MOST_CHARACTERS = 200_000
"""In all variants of a text together: a title of 20,000 characters takes about as long as a usual listing."""

CELLS = 7
"""Along the longer side of a photo."""

PATCH_CELLS = 1.5
"""Side of a patch in cells: patches overlap, which makes the map smoother."""

TOKEN = re.compile(r"\S+")


@dataclass(frozen=True, slots=True)
class Words:
    """A word of a text, or neighbouring ones that are taken out together.

    Attributes:
        start, end: offsets in the field's text, without the marks before and after.
        cut_start, cut_end: offsets of what is taken out, those marks included.
    """

    field: TextField
    start: int
    end: int
    cut_start: int
    cut_end: int


def text_read(text: CleanText) -> CleanText:
    """What experts read of a text: the title, and the description's first DESCRIPTION_CHARS characters."""
    return CleanText(text.designation, text.description[:DESCRIPTION_CHARS])


def words_of(text: CleanText) -> list[Words]:
    """The words of a text in reading order, at most MOST_TEXT_VARIANTS.

    Title words stand singly as far as there is room; those of a long description, which gets half of it, are put
    together. Every character but spaces belongs to one of them.
    """
    affordable = MOST_CHARACTERS // max(1, len(text.designation) + len(text.description))
    most = min(MOST_TEXT_VARIANTS, max(FEWEST_TEXT_VARIANTS, affordable))
    description = _together(_single_words("description", text.description), most // 2)
    title = _together(_single_words("designation", text.designation), most - len(description))
    return title + description


def without(text: CleanText, words: Words) -> CleanText:
    """The text with these words taken out; nothing is left of a text of one word."""
    if words.field == "designation":
        return CleanText(_cut(text.designation, words), text.description)
    return CleanText(text.designation, _cut(text.description, words))


@dataclass(frozen=True, slots=True)
class Grid:
    """The cells of a photo, which share its area out, and a patch over each.

    Attributes:
        patches: row by row, from the top left; none reaches over the photo's edge.
    """

    rows: int
    columns: int
    patches: list[Area]

    @classmethod
    def over(cls, area: Area) -> Self:
        """A grid of CELLS along the longer side, its cells about square."""
        width, height = area.right - area.left, area.bottom - area.top
        longer = max(width, height)
        columns, rows = (max(1, round(side * CELLS / longer)) for side in (width, height))
        across = _patches(area.left, area.right, columns)
        down = _patches(area.top, area.bottom, rows)
        return cls(rows, columns, [Area(left, top, right, bottom) for top, bottom in down for left, right in across])


def covered(photo: SquaredPhoto, patches: Sequence[Area]) -> np.ndarray:
    """The photo once a patch, with that patch in the mean colour of the whole photo.

    Returns:
        (patches, IMAGE_PX, IMAGE_PX, 3) uint8.
    """
    left, top, right, bottom = photo.area
    mean_colour = photo.pixels[top:bottom, left:right].mean(axis=(0, 1)).round().astype(np.uint8)
    variants = np.repeat(photo.pixels[None], len(patches), axis=0)
    for variant, patch in zip(variants, patches, strict=True):
        variant[patch.top : patch.bottom, patch.left : patch.right] = mean_colour
    return variants


def weights(probability: float, without_each: np.ndarray) -> np.ndarray:
    """By how much the log-odds of a category fall with each part that is taken away.

    Args:
        probability: of the category, from the whole listing.
        without_each: (n,) probabilities of it, one a part taken away.
    Returns:
        (n,) float64, finite: positive for a part that speaks for the category.
    """
    return _log_odds(np.float64(probability)) - _log_odds(without_each)


def _log_odds(probabilities: np.ndarray | np.float64) -> np.ndarray:
    bounded = np.clip(np.asarray(probabilities, np.float64), LEAST_PROBABILITY, 1 - LEAST_PROBABILITY)
    return np.log(bounded) - np.log1p(-bounded)


def _single_words(field: TextField, text: str) -> list[Words]:
    """What stands between spaces; marks that stand alone go with the word before, the first ones with that behind."""
    tokens = list(TOKEN.finditer(text))
    if not tokens:
        return []
    shown = [_shown(token) for token in tokens]
    begin = [place for place, (start, end) in enumerate(shown) if start < end]
    if not begin:
        return [Words(field, tokens[0].start(), tokens[-1].end(), tokens[0].start(), tokens[-1].end())]
    cut_starts = [tokens[0].start(), *(tokens[place].start() for place in begin[1:])]
    cut_ends = [*(tokens[place - 1].end() for place in begin[1:]), tokens[-1].end()]
    return [
        Words(field, *shown[place], cut_start, cut_end)
        for place, cut_start, cut_end in zip(begin, cut_starts, cut_ends, strict=True)
    ]


def _shown(token: re.Match[str]) -> tuple[int, int]:
    """Start and end of a token without the marks around it; the same number twice where it is nothing else."""
    start, end = token.span()
    while start < end and _is_mark(token.string[start]):
        start += 1
    while start < end and _is_mark(token.string[end - 1]):
        end -= 1
    return start, end


def _is_mark(character: str) -> bool:
    """Punctuation and the like; an emoji is none."""
    kind = unicodedata.category(character)
    return kind[0] == "P" or kind in ("Sm", "Sk")


def _together(words: Sequence[Words], most: int) -> list[Words]:
    """At most so many, each of about as many neighbours."""
    count = min(len(words), most)
    joined: list[Words] = []
    for place in range(count):
        first, last = words[len(words) * place // count], words[len(words) * (place + 1) // count - 1]
        joined.append(Words(first.field, first.start, last.end, first.cut_start, last.cut_end))
    return joined


def _cut(text: str, words: Words) -> str:
    return f"{text[: words.cut_start].rstrip()} {text[words.cut_end :].lstrip()}".strip()


def _patches(start: int, end: int, cells: int) -> list[tuple[int, int]]:
    """Start and end of the patches along one side, which is shared out among so many cells."""
    cell = (end - start) / cells
    middles = start + (np.arange(cells) + 0.5) * cell
    reach = cell * PATCH_CELLS / 2
    return [(max(start, round(middle - reach)), min(end, round(middle + reach))) for middle in middles]
