"""Whole numbers as spreadsheets write them: 12, 12.0, "12,00", 1 234 567, ="12", 1.23457E+09."""

import re
from dataclasses import dataclass
from decimal import Decimal

_LIMIT = 2**63
_DRESS = re.compile("[\\s\u200b\ufeff\u202f'\"’]")
_PLAIN = re.compile(r"[+-]?\d{1,19}(?:[.,]0*)?")
_SCIENTIFIC = re.compile(r"([+-]?\d{1,19})(?:[.,](\d{0,19}))?[eE]([+-]?\d{1,2})")


@dataclass(frozen=True, slots=True)
class Integer:
    """A number read, and whether all its digits were written (1.23457E+09 has lost the last ones)."""

    value: int
    exact: bool = True


def read_integer(text: str) -> Integer | None:
    """The whole number that a cell means, or None where it means none (empty, letters, a fraction, beyond 64 bits)."""
    if text.isascii() and text.isdigit() and len(text) < 19:
        return Integer(int(text))
    text = _DRESS.sub("", text.strip().removeprefix("="))
    if _PLAIN.fullmatch(text):
        value = int(re.split(r"[.,]", text)[0])
        return Integer(value) if -_LIMIT <= value < _LIMIT else None
    match = _SCIENTIFIC.fullmatch(text)
    if not match:
        return None
    whole, fraction, exponent = match[1], match[2] or "", int(match[3])
    number = Decimal(f"{whole}.{fraction or 0}e{exponent}")
    if number != number.to_integral_value() or abs(number) >= _LIMIT:
        return None
    return Integer(int(number), exact=exponent <= len(fraction))
