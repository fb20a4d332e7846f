"""A folder whose CSV files come from another tool holds the same products as its plain twin."""

import codecs
import csv
import gzip
import io
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from datasets.dataset import Dataset
from datasets.encoding import decode
from datasets.folder import load_folders
from datasets.integer import read_integer

HEADER = ("", "designation", "description", "productid", "imageid")
ROWS: list[tuple[object, ...]] = [
    (0, "Étagère en chêne, 3 niveaux", "Hauteur : 120 cm\nLargeur : 40 cm\n\n12, 5, 3\nfin", 3804725264, 1263597046),
    (3, 'Écran 24" incurvé; neuf | "promo"', "", 436067568, 1008141237),
    (4, "NA", "null", 201115110, 938777978),
    (9, "1984", "L'été à la plage, où çà ? Œuvre à 20 €", 50418756, 457047496),
    (11, "007\tgants", "déjà vu", 278535884, 1077757786),
    (12, "", "Sans titre mais décrit", 5862738, 393356830),
]
LABELS: list[tuple[object, ...]] = [(0, 1560), (3, 50), (4, 10), (9, 2280), (11, 1180), (12, 2705)]


def text_of(header: Sequence[str], rows: Sequence[Sequence[object]], **options: object) -> str:
    buffer = io.StringIO()
    writer = csv.writer(buffer, **({"lineterminator": "\n"} | options))  # type: ignore[arg-type]
    writer.writerow(header)
    writer.writerows(rows)
    return buffer.getvalue()


X, Y = text_of(HEADER, ROWS), text_of(("", "prdtypecode"), LABELS)


def load(folder: Path, x: bytes, y: bytes, *, x_name: str = "X_train_update.csv") -> Dataset:
    folder.mkdir(exist_ok=True)
    (folder / x_name).write_bytes(x)
    (folder / "Y_train_CVw08PX.csv").write_bytes(y)
    return load_folders([folder])


def content(dataset: Dataset) -> list[tuple[object, ...]]:
    return [
        (p.row, " ".join(p.designation.split()), " ".join(p.description.split()), p.productid, p.imageid, p.prdtypecode)
        for p in dataset.products
    ]


EXPECTED = [
    (row[0], " ".join(str(row[1]).split()), " ".join(str(row[2]).split()), row[3], row[4], label[1])
    for row, label in zip(ROWS, LABELS, strict=True)
]


def both(change: Callable[[str], bytes]) -> tuple[bytes, bytes]:
    return change(X), change(Y)


def reordered() -> tuple[bytes, bytes]:
    order = (3, 1, 4, 0, 2)
    header = ["productid", "designation", "imageid", "index", "description"]
    return text_of(header, [[row[at] for at in order] for row in ROWS]).encode(), Y.encode()


def text_last() -> tuple[bytes, bytes]:
    order = (0, 3, 4, 1, 2)
    return text_of([HEADER[at] for at in order], [[row[at] for at in order] for row in ROWS]).encode(), Y.encode()


def floats() -> tuple[bytes, bytes]:
    rows = [(f"{row[0]}.0", row[1], row[2], f"{row[3]}.0", f"{row[4]}.0") for row in ROWS]
    return text_of(HEADER, rows).encode(), text_of(
        ("", "prdtypecode"), [(f"{i}.0", f"{c}.0") for i, c in LABELS]
    ).encode()


def scientific() -> tuple[bytes, bytes]:
    rows = [
        (row[0], row[1], row[2], f"{int(str(row[3])):.9E}", f"{int(str(row[4])):.9e}".replace(".", ",")) for row in ROWS
    ]
    return text_of(HEADER, rows).encode(), Y.encode()


def extra_columns() -> tuple[bytes, bytes]:
    header = ["brand", "", " Designation ", "price", "DESCRIPTION", "Product ID", "image_id", ""]
    rows = [("Acme", row[0], row[1], "3,20", row[2], row[3], row[4], "") for row in ROWS]
    return text_of(header, rows).encode(), text_of(("id", "Prdtypecode"), LABELS).encode()


def pandas_twice() -> tuple[bytes, bytes]:
    rows = [(place, *row) for place, row in enumerate(ROWS)]
    return text_of(("", "Unnamed: 0", *HEADER[1:]), rows).encode(), Y.encode()


def excel_padding() -> tuple[bytes, bytes]:
    lines = text_of(HEADER, ROWS, delimiter=";").splitlines(keepends=True)
    return b"sep=;\r\n" + "".join(lines).encode() + b"\r\n\r\n", Y.encode()


def glued_encodings() -> tuple[bytes, bytes]:
    lines = X.split("\n")
    return b"\n".join(line.encode("cp1252" if at % 2 else "utf-8") for at, line in enumerate(lines)), Y.encode()


WRITERS: dict[str, Callable[[], tuple[bytes, bytes]]] = {
    "utf-8": lambda: both(str.encode),
    "utf-8 with a mark": lambda: both(lambda text: codecs.BOM_UTF8 + text.encode()),
    "windows": lambda: both(lambda text: text.encode("cp1252")),
    "latin-9": lambda: both(lambda text: text.encode("iso8859_15")),
    "mac": lambda: both(lambda text: text.encode("mac_roman")),
    "dos": lambda: both(lambda text: text.replace("€", "E").replace("Œ", "OE").encode("cp850")),
    "utf-16": lambda: both(lambda text: text.encode("utf-16")),
    "utf-16 big endian": lambda: both(lambda text: codecs.BOM_UTF16_BE + text.encode("utf-16-be")),
    "utf-16 without a mark": lambda: both(lambda text: text.encode("utf-16-le")),
    "utf-32": lambda: both(lambda text: text.encode("utf-32")),
    "crlf": lambda: both(lambda text: text.replace("\n", "\r\n").encode()),
    "crcrlf": lambda: both(lambda text: text.replace("\n", "\r\r\n").encode()),
    "cr": lambda: both(lambda text: text.replace("\n", "\r").encode()),
    "no newline at the end": lambda: both(lambda text: text.rstrip("\n").encode()),
    "empty lines": lambda: both(lambda text: ("\n" + text + "\n\n").encode()),
    "semicolons": lambda: (text_of(HEADER, ROWS, delimiter=";").encode(), Y.replace(",", ";").encode()),
    "tabs": lambda: (text_of(HEADER, ROWS, delimiter="\t").encode(), Y.replace(",", "\t").encode()),
    "bars": lambda: (text_of(HEADER, ROWS, delimiter="|").encode(), Y.encode()),
    "all quoted": lambda: (text_of(HEADER, ROWS, quoting=csv.QUOTE_ALL).encode(), Y.encode()),
    "quotes after backslashes": lambda: (X.replace('""', '\\"').encode(), Y.encode()),
    "quotes not doubled": lambda: (X.replace('24"" incurvé', '24" incurvé').encode(), Y.encode()),
    "nul bytes": lambda: both(lambda text: text.replace("a", "a\0").encode() + b"\0" * 64),
    "gzip": lambda: (gzip.compress(X.encode()), Y.encode()),
    "reordered": reordered,
    "text last": text_last,
    "floats": floats,
    "scientific": scientific,
    "extra columns": extra_columns,
    "pandas twice": pandas_twice,
    "excel's first line": excel_padding,
    "two encodings glued": glued_encodings,
    "rows of y in another order": lambda: (X.encode(), text_of(("", "prdtypecode"), LABELS[::-1]).encode()),
}


@pytest.mark.parametrize("writer", WRITERS)
def test_an_odd_csv_holds_the_same_products_as_its_plain_twin(writer: str, tmp_path: Path) -> None:
    dataset = load(tmp_path / "listings", *WRITERS[writer]())
    expected = EXPECTED
    if writer == "dos":
        expected = [(*row[:2], str(row[2]).replace("€", "E").replace("Œ", "OE"), *row[3:]) for row in EXPECTED]
    assert content(dataset) == expected
    assert dataset.rows == len(ROWS)
    assert not [issue for issue in dataset.issues if issue.effect != "note"]


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Żółta łódź, książka o ślimakach", "cp1250"),
        ("Книга о путешествиях, новая", "cp1251"),
        ("Книга о путешествиях, новая", "koi8_r"),
        ("Βιβλίο για παιδιά, καινούργιο", "cp1253"),
        ("Şık çanta, ağır koltuk ve yeşil dolap", "cp1254"),
        ("日本の漫画の本、新品", "shift_jis"),
        ("全新的中文书籍和玩具", "gb18030"),
        ("Sillón niño pequeño, ¡rebajas! corazón", "cp1252"),
        ("Größe für Mädchen, weiß, schöne Möbel", "cp1252"),
    ],
)
def test_the_code_page_of_a_text_is_recognised(text: str, encoding: str) -> None:
    assert decode(("header\n" + text + "\n").encode(encoding)) == "header\n" + text + "\n"


def test_a_cut_character_in_a_utf8_file_costs_that_character_only() -> None:
    assert decode("été à\n".encode() + "chaussée été à".encode()[:-1]) == "été à\nchaussée été \ufffd"


def test_line_numbers_are_those_an_editor_shows(tmp_path: Path) -> None:
    dataset = load(tmp_path / "listings", X.replace("\n", "\r\n").encode(), Y.encode())
    assert [product.line for product in dataset.products] == [2, 7, 8, 9, 10, 11]


def test_a_quote_that_nobody_closes_costs_no_row(tmp_path: Path) -> None:
    plain = [f"{i},Chaise pliante {i},,{1000 + i},{5000 + i}" for i in range(4000)]
    for at in range(5, 4000, 3):
        plain[at] = plain[at].replace("Chaise", '"Chaise')
    y = text_of(("", "prdtypecode"), [(i, 10) for i in range(4000)])
    start = time.perf_counter()
    dataset = load(tmp_path / "listings", "\n".join([X.split("\n")[0], *plain]).encode(), y.encode())
    assert time.perf_counter() - start < 10
    assert [product.designation for product in dataset.products] == [f"Chaise pliante {i}" for i in range(4000)]
    assert len(dataset.issues) == len(range(5, 4000, 3))
    assert {issue.effect for issue in dataset.issues} == {"note"}


def test_an_open_quote_before_a_well_quoted_row_swallows_nothing(tmp_path: Path) -> None:
    x = f'{",".join(HEADER)}\n0,"Table basse,,1,2\n1,"Chaise, pliante",,3,4\n2,"Lampe ""Étoile""","a\nb",5,6\n'
    dataset = load(tmp_path / "listings", x.encode(), b",prdtypecode\n0,1\n1,2\n2,3\n")
    assert [(p.row, p.designation, p.description) for p in dataset.products] == [
        (0, "Table basse", ""),
        (1, "Chaise, pliante", ""),
        (2, 'Lampe "Étoile"', "a\nb"),
    ]


def test_a_tab_separated_export_without_quoting_keeps_its_quotes(tmp_path: Path) -> None:
    x = '\tdesignation\tdescription\tproductid\timageid\n0\t"Le Petit Prince" relié\t\t1\t2\n1\tÉcran 24"\t\t3\t4\n'
    dataset = load(tmp_path / "listings", x.encode(), b",prdtypecode\n0,1\n1,2\n")
    assert [p.designation for p in dataset.products] == ['"Le Petit Prince" relié', 'Écran 24"']


def test_fifty_thousand_short_rows_load_in_seconds(tmp_path: Path) -> None:
    x = text_of(HEADER, [(i, f"Chaise pliante modèle {i}", "", 10_000 + i, 90_000 + i) for i in range(50_000)])
    y = text_of(("", "prdtypecode"), [(i, i % 40) for i in range(50_000)])
    start = time.perf_counter()
    dataset = load(tmp_path / "listings", x.encode(), y.encode())
    assert time.perf_counter() - start < 10
    assert len(dataset.products) == 50_000


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("12", 12),
        (" 12 ", 12),
        ("12.0", 12),
        ("12,00", 12),
        ("-3", -3),
        ("0012", 12),
        ("'12", 12),
        ('="12"', 12),
        ("1 234 567", 1234567),
        ("1\u202f234", 1234),
        ("1.234E+3", 1234),
        ("1,23457E+09", 1234570000),
        ("１２", 12),
        ("", None),
        ("abc", None),
        ("12.5", None),
        ("1e-3", None),
        ("1e400", None),
        ("9" * 30, None),
        ("12abc", None),
        ("²", None),
        ("0x1F", None),
        ("nan", None),
    ],
)
def test_whole_numbers_are_read_as_spreadsheets_write_them(cell: str, value: int | None) -> None:
    number = read_integer(cell)
    assert (number.value if number else None) == value


def test_a_number_that_lost_its_last_digits_says_so() -> None:
    lost, whole = read_integer("1.23457E+09"), read_integer("1.234567891E+09")
    assert lost is not None and not lost.exact
    assert whole is not None and whole.exact
