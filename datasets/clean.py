"""What a text says, without the way it was written: tags, entities, mojibake, odd spaces and invisible characters out.

    clean("T&amp;eacute;l&#233;viseur<br>Ecran 24&quot; LED")   ->  'Téléviseur Ecran 24" LED'

A text that has nothing of the kind stays as it is: "NA", "1984", "5 < 6" and "AT&T" are titles.
"""

import re
import unicodedata

from ftfy import TextFixerConfig, fix_text_segment

from datasets.html_text import resolve_entities, strip_tags

_PASSES = 4  # a mended text can show the next layer (escaped twice, then put through the wrong encoding)

_MOJIBAKE = TextFixerConfig(
    unescape_html=False,  # html_text does it, also for texts with tags and for entities escaped twice
    remove_terminal_escapes=True,
    fix_encoding=True,
    restore_byte_a0=True,
    replace_lossy_sequences=True,
    decode_inconsistent_utf8=True,
    fix_c1_controls=True,
    fix_latin_ligatures=True,
    fix_character_width=True,
    uncurl_quotes=True,
    fix_line_breaks=False,
    remove_control_chars=False,
    normalization="NFC",
)

_PLAIN = re.compile(r"[\x20-\x25\x27-\x3b\x3d-\x7e]*")
_SURROGATE = re.compile("[\ud800-\udfff]")
# Letters that look like letters but are symbols to a model: 𝐏𝐢𝐬𝐜𝐢𝐧𝐞, Ⓐ, ℃, ﬁ, Ｐ.
_STYLED = re.compile("[\U0001d400-\U0001d7ff\u2100-\u2114\u2460-\u24ff\ufb00-\ufb06\uff00-\uffef]")
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e"
    "\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffd\ufdd0-\ufdef\ufffe\uffff]"
)
# Joiners belong to emoji and to scripts such as Persian; between Latin letters they are left-overs.
_JOINER = re.compile("(?<![^\x00-\u024f])[\u200c\u200d]|[\u200c\u200d](?![^\x00-\u024f])")
_SELECTOR = re.compile("(?<![^\x00-\u00a8])[\ufe00-\ufe0f]")
_BLANK = re.compile("[\u2800\u3164\uffa0\ue000-\uf8ff]")  # blanks that str.split keeps, bullets of symbol fonts
# Exports that lost every character of Windows-1252 outside Latin-1 show "¿" for œ and for the apostrophe.
_LOST_OE = re.compile(r"(?<!\w)([cnmsbCNMSBŒ]?)¿(?=u[rfvd]|il)")
_LOST_APOSTROPHE = re.compile(r"(?<![^\W_])([ldsnjcmtLDSNJCMT]|[Qq]u|aujourd)¿(?=[aeiouyhàâéèêëîïôûAEIOUYHÀÂÉÈÊÎÔ])")


def clean(raw: str) -> str:
    """The text as a person would read it, on one line.

    Args:
        raw: anything that a seller, a shop's export or a spreadsheet makes of a text.
    Returns:
        Normal form C, single spaces, no tags, entities, control or invisible characters; "" when nothing is left.
    """
    text = raw
    for _ in range(_PASSES):
        mended = _mend(text)
        if mended == text:
            break
        text = mended
    return text


def has_letters(raw: str) -> bool:
    """Whether anything is left of a text once cleaned, answered without cleaning where that is plain."""
    if "<" not in raw and "&" not in raw and any(map(str.isalnum, raw)):
        return True
    return bool(clean(raw))


def _mend(text: str) -> str:
    if _PLAIN.fullmatch(text):
        return " ".join(text.split())
    if _SURROGATE.search(text):
        # Halves of an emoji that belong together make it again, lone ones go.
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "ignore")
    text = strip_tags(resolve_entities(text))
    if not text.isascii():
        text = fix_text_segment(text, _MOJIBAKE)
        text = _STYLED.sub(lambda match: unicodedata.normalize("NFKC", match[0]), text)
        text = _LOST_APOSTROPHE.sub(r"\1'", _LOST_OE.sub(r"\1œ", text))
        text = _SELECTOR.sub("", _JOINER.sub("", text))
    text = _INVISIBLE.sub("", _BLANK.sub(" ", text))
    return " ".join(unicodedata.normalize("NFC", text).split())
