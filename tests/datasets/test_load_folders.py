"""Every row given is used or set aside with file, line and reason; nothing ends the load half-way."""

import gzip
import pickle
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from datasets.dataset import Dataset, Issue
from datasets.error import FolderError
from datasets.folder import load_folders, read_folders
from datasets.taxonomy import read_taxonomy

WriteFolder = Callable[..., Path]
PhotoBytes = Callable[..., bytes]

HEADER = ",designation,description,productid,imageid\n"


def aside(dataset: Dataset) -> list[Issue]:
    return [issue for issue in dataset.issues if issue.effect == "set_aside"]


def accounts(dataset: Dataset) -> bool:
    return len(dataset.products) + len(aside(dataset)) == dataset.rows


def test_a_plain_folder_gives_its_products_in_file_order(write_folder: WriteFolder, photo_bytes: PhotoBytes) -> None:
    rows = [
        {"row": 7, "designation": "Lampe", "description": "<b>neuve</b>", "productid": 11, "imageid": 21, "code": 2060},
        {"row": 3, "designation": "", "productid": 12, "imageid": 22, "code": 10},
    ]
    folder = write_folder(rows, photos={(22, 12): photo_bytes()})
    dataset = load_folders([folder])
    assert not dataset.issues
    assert dataset.rows == 2
    assert dataset.codes == [10, 2060]
    lamp, photo_only = dataset.products
    assert (lamp.row, lamp.productid, lamp.imageid, lamp.prdtypecode, lamp.line) == (7, 11, 21, 2060, 2)
    assert (lamp.designation, lamp.description, lamp.image) == ("Lampe", "<b>neuve</b>", None)
    assert photo_only.image == folder / "images" / "image_train" / "image_22_product_12.jpg"
    assert dataset.taxonomy[10].name_en == "Used books"
    assert not dataset.synthetic


@pytest.mark.parametrize("title", ["NA", "null", "None", "nan", "1984", "007", "-", "???", "1e5", "TRUE"])
def test_a_title_that_looks_like_no_value_is_a_title(title: str, write_folder: WriteFolder) -> None:
    assert [p.designation for p in load_folders([write_folder([{"designation": title}])]).products] == [title]


@pytest.mark.parametrize(
    "name",
    ["image_21_product_11.JPG", "IMAGE_21_PRODUCT_11.jpeg", "image_0021_product_11.png", "image_21_product_11.webp"],
)
def test_a_photo_is_found_by_its_ids_whatever_its_suffix(name: str, write_folder: WriteFolder) -> None:
    folder = write_folder([{"productid": 11, "imageid": 21}])
    directory = folder / "images" / "image_train"
    directory.mkdir(parents=True)
    kind = {"jpg": "JPEG", "peg": "JPEG", "png": "PNG", "ebp": "WEBP"}[name[-3:].lower()]
    Image.new("RGB", (20, 20)).save(directory / name, kind)
    assert load_folders([folder]).products[0].image == directory / name


@pytest.mark.parametrize("place", ["Images/Image_Train", "image_train", "images"])
def test_photos_are_found_in_the_usual_other_places(
    place: str, write_folder: WriteFolder, photo_bytes: PhotoBytes
) -> None:
    folder = write_folder([{"productid": 11, "imageid": 21}])
    (folder / place).mkdir(parents=True)
    (folder / place / "image_21_product_11.jpg").write_bytes(photo_bytes())
    assert load_folders([folder]).products[0].image is not None


@pytest.mark.parametrize("data", [b"", b"a text file", None], ids=["empty", "text", "truncated"])
def test_a_broken_photo_costs_the_photo_and_not_the_row(
    data: bytes | None, write_folder: WriteFolder, photo_bytes: PhotoBytes
) -> None:
    broken = photo_bytes()[:700] if data is None else data
    rows = [{"productid": 11, "imageid": 21}, {"designation": "", "productid": 12, "imageid": 22}]
    folder = write_folder(rows, photos={(21, 11): broken, (22, 12): broken})
    dataset = read_folders([folder])
    assert [(p.productid, p.image) for p in dataset.products] == [(11, None)]
    ignored = [issue for issue in dataset.issues if issue.effect == "part_ignored"]
    assert [issue.line for issue in ignored] == [2, 3]
    assert "image_21_product_11.jpg" in ignored[0].reason
    assert [(issue.line, issue.reason) for issue in aside(dataset)] == [
        (3, "neither a text nor a photo that can be used")
    ]
    assert accounts(dataset)


def test_broken_photos_stay_when_nobody_asked_to_check_them(write_folder: WriteFolder) -> None:
    folder = write_folder([{"productid": 11, "imageid": 21}], photos={(21, 11): b"broken"})
    assert load_folders([folder], check_photos=False).products[0].image is not None


def test_rows_that_cannot_be_used_say_file_line_and_reason(write_folder: WriteFolder) -> None:
    folder = write_folder([{}] * 9)
    x, y = folder / "X_train_update.csv", folder / "Y_train_CVw08PX.csv"
    x.write_text(
        HEADER
        + "0,Chaise,,1000,5000\n"  # good
        + "1,Chaise,,abc,5001\n"  # bad productid
        + "2,Chaise,,,5002\n"  # no productid
        + "x3,Chaise,,1003,5003\n"  # bad row index; its label matches nothing
        + "4,Chaise,,1004,b5004\n"  # bad imageid: costs the photo
        + "5,Chaise,,1005,5005\n"  # no label
        + "6,Chaise,,1006,5006\n"  # label no number
        + "7, ,<br>,1007,5007\n"  # nothing in it
        + "8,Chaise,1008\n"  # fields missing
        + "9,Chaise,,1009,5009\n"  # row index twice, different rows
        + "9,Table,,1010,5010\n"
        + "10,Banc,,1011,5011\n"  # row index twice, a copy
        + "10,Banc,,1011,5011\n"
        + "11,Banc, en bois,,1012,5012\n"  # separator in a text
        + "12,Banc,,1013,5013\n"  # two labels
        + ",,,,\n"
    )
    y.write_text(
        ",prdtypecode\n0,10\n1,10\n2,10\n3,10\n4,10\n6,dix\n7,10\n8,10\n9,10\n10,10\n11,10\n12,10\n12,40\n99,10\nzz,10\n"
    )
    dataset = load_folders([folder])
    assert accounts(dataset)
    assert dataset.rows == 16 + 3
    assert [product.row for product in dataset.products] == [0, 4, 10]
    found = {(Path(issue.file).name[0], issue.line): issue.reason for issue in dataset.issues}
    for place, words in {
        ("X", 3): "productid 'abc'",
        ("X", 4): "productid is empty",
        ("X", 5): "row index 'x3'",
        ("X", 6): "imageid 'b5004'",
        ("X", 7): "not in Y_train",
        ("Y", 7): "'dix'",
        ("X", 9): "neither",
        ("X", 10): "3 fields where the header has 5",
        ("X", 11): "line 12",
        ("X", 12): "line 11",
        ("X", 14): "row index 10 again (line 13)",
        ("X", 15): "6 fields where the header has 5",
        ("Y", 14): "two labels",
        ("X", 17): "empty",
        ("Y", 5): "matches no row",
        ("Y", 15): "matches no row",
        ("Y", 16): "'zz'",
    }.items():
        assert words in found[place]
    assert Counter(issue.effect for issue in dataset.issues) == {"set_aside": 16, "part_ignored": 1}


def test_a_label_given_twice_is_noted_and_counts_once(write_folder: WriteFolder) -> None:
    folder = write_folder([{}])
    (folder / "Y_train_CVw08PX.csv").write_text(",prdtypecode\n0,10\n0,10\n")
    dataset = load_folders([folder])
    assert (dataset.rows, len(dataset.products), [i.effect for i in dataset.issues]) == (1, 1, ["note"])


def test_codes_and_languages_are_the_folder_s_own(write_folder: WriteFolder) -> None:
    dataset = load_folders(
        [write_folder([{"designation": "椅子", "code": 900001}, {"designation": "стол", "code": -5}])]
    )
    assert dataset.codes == [-5, 900001]
    assert dataset.taxonomy[900001].name_fr == "900001"


def test_a_code_outside_a_taxonomy_that_is_there_is_set_aside(write_folder: WriteFolder) -> None:
    folder = write_folder([{"code": 1}, {"code": 2}, {"code": 3}])
    (folder / "taxonomy.csv").write_text(
        "prdtypecode;name_fr;name_en\r\n1;Étagères;Shelves\r\n3;;Lamps\r\nx;?;?\r\n", encoding="cp1252"
    )
    dataset = load_folders([folder])
    assert dataset.codes == [1, 3]
    assert [(Path(i.file).name, i.line, i.effect) for i in dataset.issues] == [
        ("Y_train_CVw08PX.csv", 3, "set_aside"),
        ("taxonomy.csv", 4, "note"),
    ]
    assert dataset.taxonomy[1].name_fr == "Étagères"
    assert dataset.taxonomy[3].name_fr == "Lamps"
    assert accounts(dataset)


def test_a_taxonomy_without_its_columns_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "taxonomy.csv"
    path.write_text("code,name\n1,a\n")
    with pytest.raises(FolderError, match=r"taxonomy.csv:1: misses the columns prdtypecode, name_fr, name_en"):
        read_taxonomy(path)


def test_groups_are_read_where_they_are_named(write_folder: WriteFolder) -> None:
    folder = write_folder([{}, {}, {}])
    (folder / "groups.csv").write_text("index,group\n0,chaises\n1,chaises\n1,tables\n77,lits\nx,lits\n")
    dataset = load_folders([folder])
    assert [product.group for product in dataset.products] == ["chaises", "chaises", None]
    assert {issue.effect for issue in dataset.issues} == {"note"}
    assert len(dataset.issues) == 3


def test_photos_that_no_row_names_are_noted(write_folder: WriteFolder, photo_bytes: PhotoBytes) -> None:
    dataset = load_folders([write_folder([{}], photos={(1, 2): photo_bytes()})])
    assert ["1 photos belong to no row" in issue.reason for issue in dataset.issues] == [True]


def test_the_unlabelled_part_has_its_own_files(write_folder: WriteFolder, photo_bytes: PhotoBytes) -> None:
    folder = write_folder([{}])
    (folder / "X_test_update.csv").write_text(HEADER + "5,,,8,9\n6,Lampe,,8,10\n")
    (folder / "images" / "image_test").mkdir(parents=True)
    (folder / "images" / "image_test" / "image_9_product_8.jpg").write_bytes(photo_bytes())
    dataset = load_folders([folder], part="test")
    assert [(p.row, p.prdtypecode, p.image is not None) for p in dataset.products] == [
        (5, None, True),
        (6, None, False),
    ]


def test_a_synthetic_folder_says_so(write_folder: WriteFolder) -> None:
    folder = write_folder([{}])
    (folder / "SYNTHETIC").touch()
    assert load_folders([folder]).synthetic


def test_progress_is_told_photo_by_photo(write_folder: WriteFolder, photo_bytes: PhotoBytes) -> None:
    rows = [{"productid": 10 + i, "imageid": 20 + i} for i in range(5)]
    folder = write_folder(rows, photos={(20 + i, 10 + i): photo_bytes(i) for i in range(5)})
    told: list[tuple[str, int, int]] = []
    load_folders([folder], progress=lambda stage, done, total: told.append((stage, done, total)))
    assert ("photos", 5, 5) in told


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda folder: folder.parent, "no such folder"),
        (lambda folder: folder.write_text("x"), "is a file"),
        (lambda folder: folder.mkdir(), "no X_train_update.csv .the folder is empty"),
        (lambda folder: write(folder, x="", y=""), "X_train_update.csv: is empty"),
        (lambda folder: write(folder, x=HEADER, y=",prdtypecode\n0,1\n"), "has a header and no rows"),
        (lambda folder: write(folder, x="1,Chaise,,2,3\n2,Table,,4,5\n", y=""), "misses the columns"),
        (
            lambda folder: write(folder, x=",designation,description,productid\n0,a,b,1\n", y=""),
            "misses the column imageid",
        ),
        (lambda folder: write(folder, x="designation,description,productid,imageid\na,b,1,2\n", y=""), "row index"),
        (lambda folder: write(folder, x=HEADER + "0,a,,1,2\n", y=",code\n0,1\n"), "misses the column prdtypecode"),
        (lambda folder: write(folder, x=HEADER + "0,a,,1,2\n", y=None), "no Y_train_CVw08PX.csv"),
        (lambda folder: write(folder, x=HEADER + "0,a,,1,2\n", y=",prdtypecode\n5,1\n"), "none of 2 rows can be used"),
        (lambda folder: write(folder, x="PK\3\4zip", y=""), "Excel workbook"),
        (lambda folder: write(folder / "inner", x=HEADER + "0,a,,1,2\n", y=""), "name that folder"),
    ],
)
def test_a_folder_that_cannot_be_used_is_refused_in_one_clear_line(
    change: Callable[[Path], object], reason: str, tmp_path: Path
) -> None:
    change(tmp_path / "listings")
    with pytest.raises(FolderError, match=reason) as caught:
        load_folders([tmp_path / "listings"])
    assert "\n" not in str(caught.value)
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


def write(folder: Path, *, x: str, y: str | None) -> None:
    folder.mkdir(parents=True)
    (folder / "X_train_update.csv").write_text(x)
    if y is not None:
        (folder / "Y_train_CVw08PX.csv").write_text(y)


def test_a_file_that_is_cut_in_its_archive_is_refused(write_folder: WriteFolder) -> None:
    folder = write_folder([{}])
    x = folder / "X_train_update.csv"
    (folder / "X_train_update.csv.gz").write_bytes(gzip.compress(x.read_bytes())[:-12])
    x.unlink()
    with pytest.raises(FolderError, match="cannot be read"):
        load_folders([folder])
