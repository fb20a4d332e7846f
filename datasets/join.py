"""Rows of one product, from one folder or several, become one listing: parts are joined, copies count once."""

import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path

from datasets.dataset import Issue
from datasets.listing import Product


def join_products(
    products: Sequence[Product], issues: list[Issue], *, apart: Collection[tuple[Path, int]] = ()
) -> list[Product]:
    """One product for each `productid`, at the place of its first row.

    The first row that has a text gives the text, the first that has a photo gives the photo: folders named first win.
    Rows of one product whose labels differ are all set aside, since nobody can tell which label is right. A row that
    is joined into another is set aside too and says where it went, so that every row is accounted for. Ids of 0 and
    below mean that the shop has none.

    Args:
        apart: source and line of rows whose id is not to be trusted; they stay as they are.
    """
    rows_of: dict[int, list[Product]] = {}
    for product in products:
        if product.productid > 0 and (product.source, product.line) not in apart:
            rows_of.setdefault(product.productid, []).append(product)
    joined: dict[int, Product | None] = {}
    for productid, rows in rows_of.items():
        if len(rows) > 1:
            joined[productid] = _join(rows, issues)
    kept = []
    seen: set[int] = set()
    for product in products:
        if product.productid not in joined or (product.source, product.line) in apart:
            kept.append(product)
        elif product.productid not in seen:
            seen.add(product.productid)
            whole = joined[product.productid]
            if whole is not None:
                kept.append(whole)
    return kept


def _join(rows: Sequence[Product], issues: list[Issue]) -> Product | None:
    first = rows[0]
    if len({row.prdtypecode for row in rows}) > 1:
        for row in rows:
            others = ", ".join(f"{_place(other)} ({other.prdtypecode})" for other in rows if other is not row)
            reason = f"product {row.productid} is labelled {row.prdtypecode} here and otherwise in {others}"
            issues.append(Issue(str(row.source), row.line, reason, "set_aside"))
        return None
    text = next((row for row in rows if row.designation or row.description), first)
    photo = next((row for row in rows if row.image), first)
    same_title = (row for row in rows if row.description and _alike(row.designation, text.designation))
    described = text if text.description else next(same_title, text)
    for row in rows[1:]:
        gives = [name for name, giver in (("text", text), ("description", described), ("photo", photo)) if giver is row]
        reason = f"joined with {_place(first)} (one product, {first.productid})"
        if gives:
            reason += f"; its {' and '.join(gives)} went there"
        elif _differs(row, text, photo):
            reason += "; its other text or photo is not used"
        else:
            reason += "; a copy"
        issues.append(Issue(str(row.source), row.line, reason, "set_aside"))
    return replace(
        first,
        designation=text.designation,
        description=described.description,
        image=photo.image,
        imageid=photo.imageid,
        group=next((row.group for row in rows if row.group), None),
    )


def _differs(row: Product, text: Product, photo: Product) -> bool:
    other_text = not (_alike(row.designation, text.designation) and _alike(row.description, text.description))
    other_photo = row.image is not None and row.imageid != photo.imageid
    return (bool(row.designation or row.description) and other_text) or other_photo


def _alike(one: str, other: str) -> bool:
    return one == other or _plain(one) == _plain(other)


def _plain(text: str) -> str:
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", text).casefold()))


def _place(row: Product) -> str:
    return f"{row.source}:{row.line}"
