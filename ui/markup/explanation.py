"""Why each modality voted as it did: marked words, and a photo coloured where it speaks."""

import base64
import io
from collections.abc import Sequence
from html import escape

import numpy as np
from PIL import Image

from ui.markup.product import Names, category_name
from ui.record import Explanation, ImageExplanation, TextExplanation, Word
from ui.texts.shape import Texts

FAINT = 0.06
"""Words that say less than this part of what the strongest says are not marked."""

STRONGEST = 3
HEAT_RGB = (255, 72, 0)
HEAT_PX = 256


def explanation_html(explanation: Explanation, photo_url: str, names: Names, texts: Texts) -> str:
    """Both modalities' reasons.

    Args:
        photo_url: where the browser finds the listing's photo; "" without one.
    """
    said = texts.explaining
    text = _text(explanation.text, names, texts) if explanation.text else f'<p class="hint">{escape(said.no_text)}</p>'
    if explanation.image and photo_url:
        image = _image(explanation.image, photo_url, names, texts)
    else:
        image = f'<p class="hint">{escape(said.no_photo)}</p>'
    return (
        f'<section class="explanation" aria-label="{escape(said.heading)}"><h3>{escape(said.words)}</h3>{text}'
        f"<h3>{escape(said.photo)}</h3>{image}</section>"
    )


def _text(explanation: TextExplanation, names: Names, texts: Texts) -> str:
    said = texts.explaining
    category = category_name(explanation.prdtypecode, names, texts)
    loudest = max((abs(word.weight) for word in explanation.words), default=0.0)
    fields = "".join(
        f'<p class="{field}" lang="">{_marked(written, words, loudest)}</p>'
        for field, written in (("designation", explanation.designation), ("description", explanation.description))
        if written and (words := [word for word in explanation.words if word.field == field])
    )
    telling = sorted((word for word in explanation.words if word.weight > 0), key=lambda word: -word.weight)
    spoken = ", ".join(f"« {_written(word, explanation)} »" for word in telling[:STRONGEST])
    strongest = f'<p class="strongest">{escape(said.strongest.format(words=spoken))}</p>' if telling else ""
    return (
        f"{_voted(category, explanation.probability, texts)}"
        f'<div class="words">{fields}</div>{strongest}'
        f'<p class="legend"><span class="key for">{escape(said.speaks_for.format(category=category))}</span>'
        f'<span class="key against">{escape(said.speaks_against)}</span> {escape(said.words_legend)}</p>'
    )


def _written(word: Word, explanation: TextExplanation) -> str:
    written = explanation.designation if word.field == "designation" else explanation.description
    return written[word.start : word.end]


def _marked(written: str, words: Sequence[Word], loudest: float) -> str:
    """The text with its words marked as loudly as they speak."""
    parts: list[str] = []
    at = 0
    for word in sorted(words, key=lambda word: word.start):
        share = abs(word.weight) / loudest if loudest else 0.0
        shown = escape(written[word.start : word.end])
        parts.append(escape(written[at : word.start]))
        kind = "for" if word.weight > 0 else "against"
        parts.append(shown if share < FAINT else f'<mark class="{kind}" style="--share:{share:.0%}">{shown}</mark>')
        at = word.end
    parts.append(escape(written[at:]))
    return "".join(parts)


def _image(explanation: ImageExplanation, photo_url: str, names: Names, texts: Texts) -> str:
    said = texts.explaining
    category = category_name(explanation.prdtypecode, names, texts)
    return (
        f"{_voted(category, explanation.probability, texts)}"
        f'<div class="heat"><img alt="{escape(said.photo_alt.format(category=category))}" src="{escape(photo_url)}">'
        f'<img class="map" alt="" src="{heat_url(explanation.heat)}"></div>'
        f'<p class="legend">{escape(said.photo_legend)}</p>'
    )


def heat_url(heat: Sequence[Sequence[float]]) -> str:
    """A see-through PNG as a data URL: the more a place speaks for the category, the more colour it has.

    Args:
        heat: rows of weights, top left first.
    """
    weights = np.maximum(np.array(heat, np.float32), 0)
    alpha = (weights / max(float(weights.max(initial=0)), 1e-9) * 190).astype(np.uint8)
    rows, columns = alpha.shape
    scale = HEAT_PX / max(rows, columns)
    size = (round(columns * scale), round(rows * scale))
    layer = Image.new("RGBA", size, (*HEAT_RGB, 0))
    layer.putalpha(Image.fromarray(alpha).resize(size, Image.Resampling.BICUBIC))
    file = io.BytesIO()
    layer.save(file, "PNG")
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"


def _voted(category: str, probability: float, texts: Texts) -> str:
    voted = texts.explaining.voted.format(category=category, percent=texts.percent(probability))
    return f'<p class="voted">{escape(voted)}</p>'
