"""Products on their shelves: what was just sold, a seller's own, the table of all."""

from collections.abc import Mapping, Sequence
from html import escape, unescape

from ui.markup.part import hint_html, moment_html, photo_html, table_html
from ui.record import Category, Product
from ui.texts.shape import Texts

Photos = Mapping[str, bytes]
"""Thumbnails by the product's id; a product without a photo is missing."""

Names = Mapping[int, Category]


def by_code(*categories: Sequence[Category]) -> dict[int, Category]:
    """Categories by their code; of two with one code the last."""
    return {category.prdtypecode: category for some in categories for category in some}


def category_name(prdtypecode: int, names: Names, texts: Texts) -> str:
    """The name of a category; its number where it has none."""
    return texts.name(names[prdtypecode]) if prdtypecode in names else str(prdtypecode)


def title_of(product: Product, texts: Texts) -> str:
    """What a product is called: by its title, its description's beginning, or that it is a photo alone.

    Shops write `&eacute;` in their titles; people read é.
    """
    written = unescape(product.designation or product.description)
    return f"{written[:90].rstrip()}…" if len(written) > 90 else written or texts.photo_only


def sold_html(product: Product, names: Names, texts: Texts) -> str:
    """What was just put on sale, and where."""
    said = texts.selling
    category = texts.name(product)
    predicted = category_name(product.predicted_prdtypecode, names, texts)
    kept = product.prdtypecode == product.predicted_prdtypecode
    where = (said.sold_kept if kept else said.sold_changed).format(category=category, predicted=predicted)
    anew = f"<p>{escape(said.sold_anew)}</p>" if product.predicted_anew else ""
    sold = said.sold.format(designation=title_of(product, texts))
    return f'<section class="sold" role="status"><h2>{escape(sold)}</h2><p>{escape(where)}</p>{anew}</section>'


def own_products_html(products: Sequence[Product], photos: Photos, names: Names, texts: Texts) -> str:
    """A seller's own products, each with a button to correct its shelf and one to withdraw it."""
    if not products:
        return hint_html(texts.selling.mine_empty)
    return f'<ul class="products">{"".join(_own(product, photos, names, texts) for product in products)}</ul>'


def _own(product: Product, photos: Photos, names: Names, texts: Texts) -> str:
    said = texts.selling
    title = title_of(product, texts)
    photo = photo_html(photos.get(product.id), described=said.photo_of.format(designation=title), none=said.no_photo)
    if product.prdtypecode == product.predicted_prdtypecode:
        note = said.kept
    else:
        predicted = category_name(product.predicted_prdtypecode, names, texts)
        note = said.proposed_was.format(category=predicted)
    correct = _button("correct", product, said.correct, said.correct_of.format(designation=title))
    withdraw = _button(
        "withdraw", product, said.withdraw, said.withdraw_of.format(designation=title), sure=said.withdraw_sure
    )
    return (
        f'<li>{photo}<div class="what"><p class="title">{escape(title)}</p>'
        f'<p class="shelf">{escape(texts.name(product))} <small>{escape(note)}</small></p>'
        f'<p class="when">{moment_html(product.created_at, texts)}</p></div>'
        f'<div class="actions">{correct}{withdraw}</div></li>'
    )


def _button(action: str, product: Product, label: str, described: str, *, sure: str = "") -> str:
    ask = f' data-sure="{escape(sure)}"' if sure else ""
    return (
        f'<button type="button" class="small" data-action="{action}" data-id="{escape(product.id)}"{ask} '
        f'aria-label="{escape(described)}">{escape(label)}</button>'
    )


def product_table_html(products: Sequence[Product], photos: Photos, names: Names, texts: Texts) -> str:
    """Products with what was proposed for them."""
    if not products:
        return hint_html(texts.sales.table_empty)
    columns = [texts.sales.columns[name] for name in COLUMNS]
    rows = [_row(product, photos, names, texts) for product in products]
    return table_html(columns, rows, caption=texts.sales.table, numbers=[4])


COLUMNS = ("photo", "designation", "category", "predicted", "probability", "created_at")


def _row(product: Product, photos: Photos, names: Names, texts: Texts) -> list[str]:
    said = texts.selling
    title = title_of(product, texts)
    right = product.prdtypecode == product.predicted_prdtypecode
    predicted = escape(category_name(product.predicted_prdtypecode, names, texts))
    return [
        photo_html(photos.get(product.id), described=said.photo_of.format(designation=title), none=said.no_photo),
        escape(title),
        escape(texts.name(product)),
        f'<span class="{"same" if right else "other"}">{predicted}</span>',
        escape(texts.percent(product.predicted_probability)),
        moment_html(product.created_at, texts),
    ]
