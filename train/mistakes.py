"""What a bundle answered to each listing, as CSV, and its worst mistakes as a contact sheet to look at."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib import get_data_path
from PIL import Image, ImageDraw, ImageFont, ImageOps

from bundle.manifest import Modality
from bundle.text import prepare_text
from datasets.error import PhotoError
from datasets.listing import Product
from datasets.photo import open_photo
from train.evaluation import Evaluation

PAPER, PANEL, INK, MUTED, GOOD, BAD = "#ffffff", "#f1f3f5", "#1f2933", "#66727f", "#2f7a3d", "#b3261e"
TILE_PX, PHOTO_PX, MARGIN_PX, COLUMNS = (300, 330), (284, 196), 8, 6


def write_answers(evaluation: Evaluation, path: Path) -> Path:
    """Write one CSV row a labelled listing; rows that were not answered have empty answers.

    Columns: `source`, `row`, `productid`, `imageid`, `true`, `predicted`, `probability` (of the prediction),
    `true_probability`, `correct`; `text_predicted`, `text_probability`, `text_weight` and the same of `image`, empty
    where that part had no say; `category_set` (codes with spaces between them), `designation` (cleaned).
    """
    votes, codes = evaluation.votes, np.array([category.prdtypecode for category in evaluation.categories])
    known = evaluation.class_index >= 0
    fused = votes.probabilities["fusion"]
    of_truth = fused[np.arange(len(fused)), np.where(known, evaluation.class_index, 0)]
    true = np.array([product.prdtypecode for product in evaluation.products])
    predicted = codes[fused.argmax(axis=1)]
    answers: dict[str, Any] = _product_columns(evaluation.products) | {
        "predicted": pd.Series(predicted).astype("Int64"),
        "probability": fused.max(axis=1),
        "true_probability": np.where(known, of_truth, 0),
        "correct": pd.Series(predicted == true).astype("boolean"),
    }
    modalities: tuple[Modality, ...] = ("text", "image")
    for modality in modalities:
        voted = ~np.isnan(votes.probabilities[modality][:, 0])
        values = np.where(voted[:, None], votes.probabilities[modality], 0)
        answers[f"{modality}_predicted"] = pd.Series(codes[values.argmax(axis=1)]).astype("Int64").where(voted)
        answers[f"{modality}_probability"] = np.where(voted, values.max(axis=1), np.nan)
        answers[f"{modality}_weight"] = votes.weights[modality]
    answers["category_set"] = [" ".join(str(codes[i]) for i in members) for members in votes.category_sets]
    answers["designation"] = [prepare_text(product.listing).designation for product in evaluation.products]
    table = pd.DataFrame(answers)
    if evaluation.unanswered:
        table = pd.concat([table, pd.DataFrame(_product_columns(evaluation.unanswered))])
        table = table.sort_values(["source", "row"], kind="stable")
    path.parent.mkdir(parents=True, exist_ok=True)
    table.to_csv(path, index=False, float_format="%.6g", encoding="utf-8")
    return path


def worst_mistakes(evaluation: Evaluation, *, most: int) -> list[int]:
    """Places of the wrong answers that were surest of themselves: the answer's probability minus the truth's.

    Listings of codes that the bundle does not know come last: no answer to them could have been right.
    """
    fused, truth = evaluation.votes.probabilities["fusion"], evaluation.class_index
    wrong = np.flatnonzero(fused.argmax(axis=1) != truth)
    of_truth = np.where(truth >= 0, fused[np.arange(len(fused)), np.maximum(truth, 0)], 0)
    surest = fused.max(axis=1) - of_truth
    order = np.lexsort((-surest[wrong], truth[wrong] < 0))
    found: list[int] = wrong[order][:most].tolist()
    return found


def write_contact_sheet(evaluation: Evaluation, path: Path, *, most: int = 24) -> Path | None:
    """Write the worst mistakes as one PNG, photo and title above the true and the predicted category.

    Returns:
        The path, or None where every answer was right.
    """
    places = worst_mistakes(evaluation, most=most)
    if not places:
        return None
    columns = min(COLUMNS, len(places))
    lines = -(-len(places) // columns)
    sheet = Image.new("RGB", (columns * TILE_PX[0] + MARGIN_PX, lines * TILE_PX[1] + MARGIN_PX), PAPER)
    for number, place in enumerate(places):
        left, top = number % columns * TILE_PX[0] + MARGIN_PX, number // columns * TILE_PX[1] + MARGIN_PX
        _draw_tile(sheet, left, top, evaluation, place)
    path.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(path, format="PNG", optimize=True)
    return path


def _draw_tile(sheet: Image.Image, left: int, top: int, evaluation: Evaluation, place: int) -> None:
    product, fused = evaluation.products[place], evaluation.votes.probabilities["fusion"][place]
    draw = ImageDraw.Draw(sheet)
    draw.rectangle((left, top, left + PHOTO_PX[0], top + PHOTO_PX[1]), fill=PANEL)
    title = prepare_text(product.listing).designation
    photo = _photo(product)
    if photo is None:
        _write(draw, left + 12, top + 12, title or "no title", PHOTO_PX[0] - 24, size=17, lines=8, colour=INK)
    else:
        offset = ((PHOTO_PX[0] - photo.width) // 2, (PHOTO_PX[1] - photo.height) // 2)
        sheet.paste(photo, (left + offset[0], top + offset[1]))
    under = top + PHOTO_PX[1] + 6
    caption = title if photo is not None else f"row {product.row}, no photo"
    _write(draw, left, under, caption or f"row {product.row}, no title", PHOTO_PX[0], size=13, lines=2, colour=MUTED)
    truth = int(evaluation.class_index[place])
    share = f"{fused[truth]:.0%}" if truth >= 0 else "unknown to the model"
    answer = int(fused.argmax())
    true_name = _name(evaluation, truth) if truth >= 0 else ""
    _write(
        draw,
        left,
        under + 38,
        f"is {product.prdtypecode} {true_name} ({share})",
        PHOTO_PX[0],
        size=14,
        lines=2,
        colour=GOOD,
    )
    told = f"said {evaluation.categories[answer].prdtypecode} {_name(evaluation, answer)} ({fused[answer]:.0%})"
    _write(draw, left, under + 76, told, PHOTO_PX[0], size=14, lines=2, colour=BAD)


def _write(
    draw: ImageDraw.ImageDraw, left: int, top: int, text: str, width: int, *, size: int, lines: int, colour: str
) -> None:
    """Write a text in at most `lines` lines of `width` pixels, cut with an ellipsis."""
    font = _font(size)
    written: list[str] = []
    rest = text[:500].split()
    while rest and len(written) < lines - 1:
        line = rest.pop(0)
        while rest and font.getlength(f"{line} {rest[0]}") <= width:
            line = f"{line} {rest.pop(0)}"
        written.append(_cut(line, font, width))
    written.append(_cut(" ".join(rest), font, width))
    draw.multiline_text((left, top), "\n".join(written), fill=colour, font=font, spacing=3)


def _cut(line: str, font: ImageFont.FreeTypeFont, width: int) -> str:
    if font.getlength(line) <= width:
        return line
    while line and font.getlength(f"{line}…") > width:
        line = line[:-1]
    return f"{line.rstrip()}…"


def _font(size: int) -> ImageFont.FreeTypeFont:
    """DejaVu Sans, which comes with matplotlib and knows Latin, Greek and Cyrillic."""
    return ImageFont.truetype(Path(get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf", size)


def _photo(product: Product) -> Image.Image | None:
    if product.image is None:
        return None
    try:
        return ImageOps.contain(open_photo(product.image), PHOTO_PX)
    except PhotoError:
        return None


def _name(evaluation: Evaluation, index: int) -> str:
    category = evaluation.categories[index]
    name = category.name_en or category.name_fr
    return "" if name == str(category.prdtypecode) else name


def _product_columns(products: list[Product]) -> dict[str, Any]:
    return {
        "source": [str(product.source) for product in products],
        "row": [product.row for product in products],
        "productid": [product.productid for product in products],
        "imageid": [product.imageid for product in products],
        "true": [product.prdtypecode for product in products],
    }
