"""What the committed sample holds."""

import csv
from collections import Counter, defaultdict
from pathlib import Path

import pytest
from PIL import Image

from datasets.bundled import sample_path
from datasets.synthetic.sample import FEWEST, SHELVES, write_listings

Lines = list[dict[str, str]]
ROWS, PHOTOS, UNLABELLED = 18_000, 1750, 160


def _read(name: str) -> Lines:
    with (sample_path() / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def x() -> Lines:
    return _read("X_train_update.csv")


@pytest.fixture(scope="module")
def codes() -> list[int]:
    return [int(line["prdtypecode"]) for line in _read("Y_train_CVw08PX.csv")]


def _photo(line: dict[str, str], part: str) -> Path:
    return sample_path() / "images" / part / f"image_{line['imageid']}_product_{line['productid']}.jpg"


def test_it_says_of_itself_that_it_is_synthetic() -> None:
    assert "Made by a script" in (sample_path() / "SYNTHETIC").read_text("utf-8")
    readme = (sample_path() / "README.md").read_text("utf-8")
    for word in ("synthetic", "CC BY 3.0", "CC BY 4.0", "public domain", "MIT"):
        assert word in readme


def test_it_has_eighteen_thousand_labelled_listings_some_of_them_with_a_photo(x: Lines, codes: list[int]) -> None:
    assert len(x) == len(codes) == ROWS
    assert sum(_photo(line, "image_train").is_file() for line in x) == PHOTOS
    assert len(list((sample_path() / "images" / "image_train").iterdir())) == PHOTOS


def test_the_unlabelled_listings_have_a_photo_each() -> None:
    pool = _read("X_test_update.csv")
    assert len(pool) == UNLABELLED
    assert all(_photo(line, "image_test").is_file() and line["designation"] for line in pool)


def test_some_listings_are_a_photo_alone_and_none_is_empty(x: Lines) -> None:
    mute = [line for line in x if not line["designation"]]
    assert 0.15 * PHOTOS <= len(mute) <= 0.25 * PHOTOS
    assert all(_photo(line, "image_train").is_file() and not line["description"] for line in mute)


def test_categories_are_as_unequal_as_in_reality(codes: list[int]) -> None:
    counts = Counter(codes)
    assert sorted(counts) == sorted(SHELVES)
    assert min(counts.values()) >= 0.9 * FEWEST
    assert counts.most_common(1)[0][0] == 2583
    assert max(counts.values()) >= 4 * min(counts.values())


def test_a_third_has_no_description(x: Lines) -> None:
    assert 0.30 <= sum(not line["description"] for line in x) / len(x) <= 0.40


def test_the_whole_folder_stays_small() -> None:
    assert sum(path.stat().st_size for path in sample_path().rglob("*") if path.is_file()) < 30_000_000


def test_groups_belong_to_one_category_and_are_many_in_each(codes: list[int]) -> None:
    groups = _read("groups.csv")
    assert [line["index"] for line in groups] == [str(i) for i in range(len(codes))]
    homes = defaultdict(set)
    for line, code in zip(groups, codes, strict=True):
        homes[line["group"]].add(code)
    assert sum(len(home) == 1 for home in homes.values()) > 0.9 * len(homes), "but for misplaced listings"
    per_code = Counter(code for home in homes.values() for code in home)
    assert min(per_code.values()) >= 50
    assert max(Counter(line["group"] for line in groups).values()) >= 2


def test_ids_are_each_listings_own(x: Lines) -> None:
    lines = x + _read("X_test_update.csv")
    assert len({line["productid"] for line in lines}) == len(lines)
    assert len({line["imageid"] for line in lines}) == len(lines)


def test_photos_are_square_jpegs_of_a_few_kilobytes() -> None:
    paths = sorted((sample_path() / "images").rglob("*.jpg"))
    assert sum(path.stat().st_size for path in paths) < 15_000_000
    for path in paths[::20]:
        with Image.open(path) as photo:
            assert photo.format == "JPEG"
            assert photo.mode == "RGB"
            assert photo.width == photo.height
            assert 224 <= photo.width <= 320


def test_its_text_is_what_the_script_makes(x: Lines, codes: list[int]) -> None:
    labelled, pool = write_listings(seed=7, rows=ROWS, photos=PHOTOS, unlabelled=UNLABELLED)
    assert [row.prdtypecode for row in labelled] == codes
    for rows, lines in ((labelled, x), (pool, _read("X_test_update.csv"))):
        made = [(row.designation, row.description, str(row.productid)) for row in rows]
        assert made == [(line["designation"], line["description"], line["productid"]) for line in lines]
