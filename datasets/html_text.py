"""HTML that is left in a seller's text: its entities resolved, its tags taken out, its words kept apart."""

import re
from html import unescape
from html.entities import html5

_INLINE = re.compile(
    "abbr|acronym|b|bdi|bdo|big|cite|code|dfn|em|font|i|ins|kbd|mark|q|s|samp|small|strike|strong|sub|sup|tt|u|var|wbr",
    re.IGNORECASE,
)
_BLOCK = re.compile(
    "a|address|applet|area|article|aside|audio|base|blockquote|body|br|button|canvas|caption|center|circle|col|colgroup|"
    "data|datalist|dd|del|details|dialog|dir|div|dl|dt|embed|fieldset|figcaption|figure|footer|form|frame|frameset|g|"
    "h[1-6]|head|header|hgroup|hr|html|iframe|img|input|label|legend|li|link|main|map|marquee|menu|meta|meter|nav|nobr|"
    "noframes|noscript|object|ol|optgroup|option|output|p|param|path|picture|pre|progress|rect|rp|rt|ruby|script|section|"
    "select|slot|source|span|style|summary|svg|table|tbody|td|template|textarea|tfoot|th|thead|time|title|tr|track|ul|"
    "video|xml",
    re.IGNORECASE,
)

# With its semicolon (also one set off by a space, as French typing tools do), or a number.
_ENTITY = re.compile(r"&(?:#(?:[xX][0-9a-fA-F]{1,8}|[0-9]{1,8})\s?;?|[A-Za-z][A-Za-z0-9]{1,31}\s?;)")
# Without semicolon only where no word looks like it: "R&D", "M&Ms" and "pots&paravents" are names.
_BARE = re.compile(
    r"&(?:(?:[A-Za-z](?:acute|grave|circ|uml|cedil|tilde|ring|slash)|(?:ae|AE|sz)lig|nbsp|NBSP)(?!\s?;)"
    r"|(?:amp|lt|gt|quot|laquo|raquo|deg|euro|reg|copy|oelig|OElig|rsquo|lsquo|apos|frac12|sup2|sup3)(?!\s?;|[A-Za-z0-9=]))"
)
_SURROGATES = re.compile(r"&#(5[56]\d{3});\s?&#(5[67]\d{3});")

_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_DROPPED = re.compile(
    r"<(script|style|head|template)\b[^<>]*>.*?(?:</\1\s*>|\Z)|<\?[^<>]*>|<![A-Za-z][^<>]*>", re.IGNORECASE | re.DOTALL
)
_CDATA = re.compile(r"<!\[CDATA\[|\]\]>|<!\[(?:end)?if[^<>]*\]>", re.IGNORECASE)
_ATTRIBUTES = r"""(?:\s(?:"[^"<]*"|'[^'<]*'|[^<>"'])*|\s[^<>]*)?"""
# Translators put spaces into tags: "</ span>", "< span style = ...>".
_TAG = re.compile(rf"<(\s?/\s?|\s?)([A-Za-z][\w:-]*)({_ATTRIBUTES})/?>")
_CUT = re.compile(r"<(/?)([A-Za-z][\w:-]*)([^<>]*)\Z")
_SHORT_ELEMENT = re.compile(r"<(b|i|u|em|strong|font|span|big|small)\b[^<>]*>([^<>\s])</\1\s*>", re.IGNORECASE)


_SPREADSHEET_ESCAPE = re.compile(r"_x(000[9AaDd]|005[Ff])_")


def resolve_entities(text: str) -> str:
    """Entities to characters, however often they were escaped: `&amp;eacute;`, `&#233;`, `&EACUTE;`, `&eacute`.

    Workbooks have an escape of their own, `_x000D_` for a line's end, that some converters leave in.
    """
    if "_x00" in text:
        text = _SPREADSHEET_ESCAPE.sub(lambda match: "_" if match[1].upper() == "005F" else " ", text)
    for _ in range(10):
        if "&" not in text:
            return text
        resolved = _SURROGATES.sub(_join_surrogates, text)
        resolved = _ENTITY.sub(_resolve, resolved)
        resolved = _BARE.sub(lambda match: unescape(match[0].lower() if match[0].isupper() else match[0]), resolved)
        if resolved == text:
            return text
        text = resolved
    return text


def strip_tags(text: str) -> str:
    """Tags out; what a browser shows apart stays apart, "5 < 6" and "taille <10 ans" stay whole."""
    if "<" not in text:
        return text
    text = _CDATA.sub(" ", text)
    # What is opened after the last end is no comment, and looking for its end there takes time for nothing.
    commented = text.rfind("-->") + 3 if "-->" in text else 0
    text = _COMMENT.sub(" ", text[:commented]) + text[commented:].replace("<!--", " ")
    text = _DROPPED.sub(" ", text)
    text = _SHORT_ELEMENT.sub(r"\2", text)
    text = _TAG.sub(_replace_tag, text)
    return _CUT.sub(_replace_cut_tag, text)


def _resolve(match: re.Match[str]) -> str:
    entity = re.sub(r"\s", "", match[0])
    if entity[1] == "#":
        character = unescape(entity if entity.endswith(";") else entity + ";")
        return "" if character in ("\ufffd", "\x00") else character
    name = entity[1:]
    if name not in html5 and name[:-1].isupper():  # a title in capitals took its entities along: &EACUTE;
        name = next((form for form in (name.capitalize(), name.lower()) if form in html5), name)
    return html5.get(name, match[0])


def _join_surrogates(match: re.Match[str]) -> str:
    high, low = int(match[1]), int(match[2])
    if 0xD800 <= high < 0xDC00 <= low < 0xE000:
        return chr(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))
    return match[0]


def _replace_tag(match: re.Match[str]) -> str:
    start, name = match[1], match[2]
    inline = _INLINE.fullmatch(name)
    known = inline or _BLOCK.fullmatch(name)
    if start.isspace() and not (known and (len(name) > 1 or "=" in match[3])):
        return match[0]  # a < b > c
    if not known and ":" not in name and "-" not in name and "=" not in match[3]:
        return " " if "/" in start else f" {name}{match[3]} "  # <Neuf>: a seller's own brackets
    if name.lower() in ("sub", "sup", "wbr"):
        return ""
    before, after = match.string[match.start() - 1 : match.start()], match.string[match.end() : match.end() + 1]
    # Inside a word a browser shows no gap; sellers' tables run "Poids" and "MCB033M" together with one.
    return "" if inline and before.islower() and after.islower() else " "


def _replace_cut_tag(match: re.Match[str]) -> str:
    name, rest = match[2], match[3]
    known = _INLINE.fullmatch(name) or _BLOCK.fullmatch(name)
    certain = bool(match[1]) or "=" in rest or len(name) > 1
    return " " if known and certain and (not rest or rest[0] in "/ \n\t") else match[0]
