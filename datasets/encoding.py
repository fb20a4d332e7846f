"""Which characters the bytes of a CSV mean: UTF-8, UTF-16, or one of the code pages that spreadsheets still write."""

import codecs
import re
import unicodedata
from functools import lru_cache

# In the order tried; the first of equals is taken.
_CODE_PAGES = (
    "cp1252",
    "iso8859_15",
    "mac_roman",
    "cp850",
    "cp1254",
    "cp1250",
    "cp1251",
    "koi8_r",
    "cp1253",
    "shift_jis",
    "gb18030",
    "big5",
    "euc_kr",
)
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SAMPLE_BYTES = 20_000
_BEYOND_ASCII = re.compile(rb"[\x80-\xff]")
_UTF8_SEQUENCE = re.compile(rb"[\xc3-\xf4][\x80-\xbf]")
_COMMON_SYMBOLS = frozenset("€°«»’‘“”–—…®©™²³½¼×·•ºª£§±¡¿、。「」，！\u00a0")
_RARE_LETTERS = frozenset("ðþÐÞýÝ")


def decode(data: bytes) -> str:
    """Text of a file in an encoding that nobody told, NUL bytes out. Never fails.

    Lines in UTF-8 are read as such wherever they stand, so that files glued together from two exports come out right.
    """
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            if encoding == "utf-8":
                data = data[len(bom) :]
                break
            return data[len(bom) :].decode(encoding, "replace").replace("\0", "")
    wide = _utf16_without_bom(data)
    if wide:
        return data.decode(wide, "replace").replace("\0", "")
    data = data.replace(b"\0", b"")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return _decode_lines(data)


def _utf16_without_bom(data: bytes) -> str | None:
    head = data[:200].rstrip(b"\0")
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if len(head) >= 8 and max(even, odd) > len(head) // 4:
        return "utf-16-le" if odd > even else "utf-16-be"
    return None


def _decode_lines(data: bytes) -> str:
    lines: list[str | bytes] = []
    utf8 = 0
    for line in data.split(b"\n"):
        try:
            lines.append(line.decode("utf-8"))
            utf8 += not line.isascii()
        except UnicodeDecodeError:
            lines.append(line)
    foreign = [line for line in lines if isinstance(line, bytes)]
    code_page = _code_page(b"\n".join(foreign))
    if utf8 * 20 < len(foreign):  # a lucky line or two among thousands: the file is in one code page
        return data.decode(code_page, "replace")
    return "\n".join(line if isinstance(line, str) else _decode_line(line, code_page) for line in lines)


def _decode_line(line: bytes, code_page: str) -> str:
    """A line of a file that is UTF-8 elsewhere: emoji written as two surrogates, a character cut, or the code page."""
    try:
        return line.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        broken_utf8 = len(_UTF8_SEQUENCE.findall(line)) * 2 > len(_BEYOND_ASCII.findall(line)) // 2
        return line.decode("utf-8" if broken_utf8 else code_page, "replace")


def _code_page(data: bytes) -> str:
    """The code page in which the bytes look most like words."""
    start = _BEYOND_ASCII.search(data)
    sample = data[max(0, start.start() - 20) :][:_SAMPLE_BYTES] if start else b""
    return max(_CODE_PAGES, key=lambda page: _likeness(sample.decode(page, "replace")))


def _likeness(text: str) -> float:
    """How much the characters beyond ASCII look like words, per character of the text."""
    score = 0.0
    for index, character in enumerate(text):
        if character.isascii():
            continue
        before = text[index - 1] if index else " "
        after = text[index + 1] if index + 1 < len(text) else " "
        score += _fits(before, character, after)
    return score


@lru_cache(maxsize=50_000)
def _fits(before: str, character: str, after: str) -> float:
    if character.isalpha():
        script = _script(character)
        if any(near.isalpha() and _script(near) != script for near in (before, after)):
            return -3.0
        if character.isupper() and (before.islower() or (before.isalpha() and after.islower())):
            return -2.0
        if script == "LATIN" and any(near.isalpha() and not near.isascii() for near in (before, after)):
            return 0.3  # Latin words have an accent here and there, not on every letter
        if script == "CJK" and unicodedata.name(character).startswith(("HIRAGANA", "KATAKANA")):
            return 1.5
        return 0.7 if character in _RARE_LETTERS else 1.0
    if unicodedata.category(character) in ("Cc", "Co", "Cn") or character == "\ufffd":
        return -3.0
    if before.isalpha() and after.isalpha() and character not in "’‘·、。，！「」":
        return -2.0
    return 0.3 if character in _COMMON_SYMBOLS else -0.5


@lru_cache(maxsize=10_000)
def _script(letter: str) -> str:
    name = unicodedata.name(letter, "?").split(" ", 1)[0]
    return "CJK" if name in ("HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA", "HANGUL", "CJK") else name
