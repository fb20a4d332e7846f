"""What an evaluation says about votes, whatever folder and bundle lack."""

import csv
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from rich.console import Console
from sklearn.metrics import f1_score

from bundle.fusion import Prediction, Vote
from bundle.manifest import CategoryEntry
from datasets.listing import Product
from train.evaluation import Evaluation, class_indices, collect, judge
from train.evaluation_table import evaluation_tables
from train.mistakes import worst_mistakes, write_answers, write_contact_sheet

CODES = [10, 40, 2583]
CATEGORIES = [CategoryEntry(prdtypecode=c, name_fr=f"Rayon [{c}]", name_en=f"Shelf [{c}]") for c in CODES]


def product(row: int, code: int, *, designation: str = "titre", image: Path | None = None) -> Product:
    return Product(row, row + 1000, row + 2000, designation, "", image, code, None, Path("X_train_update.csv"), row + 2)


def prediction(text: list[float] | None, image: list[float] | None, *, coverage: float | None = 0.95) -> Prediction:
    """What a bundle with weights 0.7 and 0.3 answers."""
    both = text is not None and image is not None
    shares = {"text": 0.7 if both else 1.0, "image": 0.3 if both else 1.0}
    given = {"text": text, "image": image}
    fused = sum(shares[m] * np.array(vote) for m, vote in given.items() if vote is not None)
    return Prediction(
        probabilities=np.asarray(fused, np.float32),
        category_set=[int(np.argmax(fused))] if coverage else [],
        coverage=coverage,
        votes={m: None if v is None else Vote(shares[m], np.array(v, np.float32)) for m, v in given.items()},
        absent=[m for m, vote in given.items() if vote is None],
        degraded=[],
    )


@pytest.fixture
def evaluation(tmp_path: Path) -> Evaluation:
    """Two rows with both parts, one with text, two with a photo (one of a code unknown), one unanswered."""
    photo = tmp_path / "photo.png"
    Image.new("RGB", (90, 40), "teal").save(photo)
    products = [
        product(0, 10, image=photo),
        product(1, 40, image=photo, designation="Peluche <b>ours</b> " + "très " * 60 + "x" * 400),
        product(2, 2583, designation="猫 🙂 piscine"),
        product(3, 2583, designation="", image=photo),
        product(4, 99, designation="", image=photo),
    ]
    predictions = [
        prediction([0.8, 0.1, 0.1], [0.1, 0.8, 0.1]),
        prediction([0.9, 0.05, 0.05], [0.1, 0.8, 0.1]),
        prediction([0.2, 0.2, 0.6], None, coverage=None),
        prediction(None, [0.3, 0.4, 0.3]),
        prediction(None, [0.3, 0.4, 0.3]),
    ]
    unanswered = [product(5, 10, designation="")]
    return judge("v1", CATEGORIES, products, collect(predictions, categories=3), unanswered=unanswered)


def test_each_part_is_scored_over_its_own_rows(evaluation: Evaluation) -> None:
    document = evaluation.as_json()

    assert document["rows"] == 6 and document["unanswered"] == 1 and document["unknown_codes"] == [99]
    assert [document[part]["rows"] for part in ("text", "image", "fusion")] == [3, 4, 5]
    text = f1_score([10, 40, 2583], [10, 10, 2583], average="weighted", zero_division=0)
    image = f1_score([10, 40, 2583, 99], [40, 40, 40, 40], average="weighted", zero_division=0)
    fusion = f1_score([10, 40, 2583, 2583, 99], [10, 10, 2583, 40, 40], average="weighted", zero_division=0)
    assert document["text"]["weighted_f1"] == pytest.approx(text)
    assert document["image"]["weighted_f1"] == pytest.approx(image)
    assert document["fusion"]["weighted_f1"] == pytest.approx(fusion)


def test_paired_scores_are_over_rows_with_both(evaluation: Evaluation) -> None:
    paired = evaluation.as_json()["paired"]

    assert [paired[part]["rows"] for part in ("text", "image", "fusion")] == [2, 2, 2]
    assert paired["gain"]["over"] == "text" and paired["gain"]["weighted_f1"] == 0


def test_coverage_is_measured_where_it_was_promised(evaluation: Evaluation) -> None:
    fusion = evaluation.as_json()["fusion"]

    assert fusion["conformal_coverage"] == 0.25
    assert fusion["conformal_size"] == 1


def test_parts_that_the_folder_lacks_are_null() -> None:
    predictions = [prediction([0.8, 0.1, 0.1], None, coverage=None)] * 2
    votes = collect(predictions, categories=3)
    document = judge("v1", CATEGORIES, [product(0, 10), product(1, 40)], votes, unanswered=[]).as_json()

    assert document["image"] is None and document["paired"] is None
    assert document["text"]["accuracy"] == document["fusion"]["accuracy"] == 0.5
    assert document["fusion"]["conformal_coverage"] is None


def test_unknown_codes_are_told_apart() -> None:
    index, unknown = class_indices([40, 7, 10, 5, 7], [10, 40])
    assert index.tolist() == [1, -2, 0, -1, -2] and unknown == [5, 7]


def test_answers_are_written_a_row_a_listing(evaluation: Evaluation, tmp_path: Path) -> None:
    path = write_answers(evaluation, tmp_path / "new" / "answers.csv")

    rows = list(csv.DictReader(path.open(encoding="utf-8", newline="")))
    assert [row["row"] for row in rows] == ["0", "1", "2", "3", "4", "5"]
    assert [row["true"] for row in rows] == ["10", "40", "2583", "2583", "99", "10"]
    assert [row["predicted"] for row in rows] == ["10", "10", "2583", "40", "40", ""]
    assert [row["text_predicted"] for row in rows] == ["10", "10", "2583", "", "", ""]
    assert [row["image_predicted"] for row in rows] == ["40", "40", "", "40", "40", ""]
    assert float(rows[0]["probability"]) == pytest.approx(0.7 * 0.8 + 0.3 * 0.1, abs=1e-5)
    assert (rows[0]["text_weight"], rows[2]["text_weight"], rows[2]["image_weight"]) == ("0.7", "1", "0")
    assert rows[0]["correct"] == "True" and rows[4]["true_probability"] == "0"
    assert rows[0]["category_set"] == "10" and rows[1]["designation"].startswith("Peluche ours")


def test_worst_mistakes_are_the_surest_and_unknown_codes_come_last(evaluation: Evaluation) -> None:
    assert worst_mistakes(evaluation, most=9) == [1, 3, 4]
    assert worst_mistakes(evaluation, most=1) == [1]


def test_the_contact_sheet_shows_long_titles_missing_photos_and_other_scripts(
    evaluation: Evaluation, tmp_path: Path
) -> None:
    path = write_contact_sheet(evaluation, tmp_path / "sheet.png")

    assert path is not None
    with Image.open(path) as sheet:
        assert sheet.format == "PNG" and sheet.width > 900


def test_no_mistake_gives_no_contact_sheet(tmp_path: Path) -> None:
    votes = collect([prediction([0.8, 0.1, 0.1], None)], categories=3)
    right = judge("v1", CATEGORIES, [product(0, 10)], votes, unanswered=[])
    assert write_contact_sheet(right, tmp_path / "sheet.png") is None
    assert not list(tmp_path.iterdir())


def test_the_tables_name_the_worst_category_first_and_square_brackets_are_kept(evaluation: Evaluation) -> None:
    console = Console(file=StringIO(), width=160, force_terminal=False)
    console.print(evaluation_tables(evaluation))
    shown = console.file.getvalue()  # type: ignore[attr-defined]

    assert shown.index("Shelf [40]") < min(shown.index("Shelf [2583]"), shown.index("Shelf [10]"))
    assert "1 rows bring nothing" in shown and "99" in shown and "25.0%" in shown
