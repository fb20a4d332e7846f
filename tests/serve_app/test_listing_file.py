"""The listings of a file, whoever wrote it."""

import gzip

import pytest

from serve_app.error import RequestError
from serve_app.listing_file import MOST_BYTES, MOST_LISTINGS, ListingFile, read_listing_file

CLEAN = "designation,description,image\nÉpée en bois,Pour enfants,sword.jpg\nPiscine,,\n"


def read(text: str | bytes, encoding: str = "utf-8") -> ListingFile:
    return read_listing_file(text if isinstance(text, bytes) else text.encode(encoding), name="listings.csv")


def told(file: ListingFile) -> list[tuple[str, str, str | None]]:
    return [(listing.designation, listing.description, listing.image) for listing in file.listings]


EXPECTED = [("Épée en bois", "Pour enfants", "sword.jpg"), ("Piscine", "", None)]


@pytest.mark.parametrize(
    "content",
    [
        CLEAN.encode("utf-8-sig"),
        CLEAN.encode("cp1252"),
        CLEAN.encode("utf-16"),
        CLEAN.replace(",", ";").encode("cp1252"),
        CLEAN.replace(",", "\t").encode(),
        ("sep=;\r\n" + CLEAN.replace(",", ";").replace("\n", "\r\n")).encode(),
        CLEAN.replace("\n", "\r\n").encode(),
        CLEAN.replace("\n", "\r").encode(),
        CLEAN.rstrip("\n").encode(),
        gzip.compress(CLEAN.encode()),
        '"designation","description","image"\n"Épée en bois","Pour enfants","sword.jpg"\n"Piscine","",""\n'.encode(),
    ],
)
def test_the_same_listings_come_out_however_they_were_saved(content: bytes) -> None:
    assert told(read(content)) == EXPECTED


@pytest.mark.parametrize(
    "header",
    [
        "Titre;Descriptif;Photo",
        "Title;Description;Image Src",
        "NOM DU PRODUIT;Description;Fichier image",
        "Libellé;Détails;picture",
        "product_name;product_description;filename",
    ],
)
def test_the_names_that_shops_give_their_columns_are_known(header: str) -> None:
    assert told(read(f"{header}\nÉpée en bois;Pour enfants;sword.jpg\nPiscine;;\n")) == EXPECTED


def test_columns_stand_in_any_order_beside_any_others() -> None:
    assert told(read("price,image,sku,designation\n3,a.jpg,7,Piscine\n")) == [("Piscine", "", "a.jpg")]


def test_the_layout_of_rakuten_names_its_photos_by_both_ids() -> None:
    rows = ",designation,description,productid,imageid\n0,Piscine,,3804725264,1263597046\n1,Lampe,,12.0,34.0\n"
    assert told(read(rows)) == [
        ("Piscine", "", "image_1263597046_product_3804725264.jpg"),
        ("Lampe", "", "image_34_product_12.jpg"),
    ]


@pytest.mark.parametrize(
    ("cell", "name"),
    [
        ("photos/a.jpg", "a.jpg"),
        ("C:\\photos\\a.jpg", "a.jpg"),
        ("https://shop.example/img/a%20b.jpg?v=3", "a b.jpg"),
        ("a.jpg; b.jpg", "a.jpg"),
        (" ", None),
    ],
)
def test_a_photo_is_known_by_the_name_of_its_file(cell: str, name: str | None) -> None:
    assert read(f'title,image\nPiscine,"{cell}"\n').listings[0].image == name


def test_a_text_of_several_lines_is_one_listing_and_lines_are_counted_in_the_file() -> None:
    file = read('designation,description\nPiscine,"ronde,\navec ""échelle"""\nLampe,\n')
    assert told(file) == [("Piscine", 'ronde,\navec "échelle"', None), ("Lampe", "", None)]
    assert [listing.line for listing in file.listings] == [2, 4]


def test_lines_that_are_no_listing_are_named_and_the_others_go_on() -> None:
    file = read("designation,description\nPiscine,ronde\n,\nLampe,a,b,c\nTable,\n")
    assert [listing.designation for listing in file.listings] == ["Piscine", "Table"]
    assert [(issue.line, issue.kind) for issue in file.issues] == [(3, "empty"), (4, "broken")]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty"),
        ("\n".encode("utf-16"), "is empty"),
        (bytes(range(256)) * 20, "is no text"),
        (b"title\n" + b"a\n" * 1_100_000, "more than 500,000 lines"),
        (b"a,b\n1,2\n", "has none of the columns designation, title"),
        (b"PK\x03\x04rest", "Excel workbook"),
        (gzip.compress(bytes(MOST_BYTES + 1)), "when it is unpacked"),
        (b"\x1f\x8bnot gzip at all", "cannot be read"),
    ],
)
def test_a_file_that_is_no_table_of_listings_is_refused_with_its_name(content: bytes, reason: str) -> None:
    with pytest.raises(RequestError, match=reason) as refused:
        read(content)
    assert (refused.value.field, refused.value.status_code) == ("file", 422)
    assert "listings.csv" in str(refused.value)


def test_a_file_that_is_too_long_is_cut_and_says_so() -> None:
    file = read("title\n" + "Piscine\n" * (MOST_LISTINGS + 3))
    assert len(file.listings) == MOST_LISTINGS
    assert file.truncated
    assert not read("title\nPiscine\n").truncated


def test_one_column_is_one_column_whatever_its_texts_hold() -> None:
    assert told(read("titre\nChaise, rouge; neuve\n")) == [("Chaise, rouge; neuve", "", None)]


def test_a_quote_that_nobody_closed_costs_no_other_line() -> None:
    file = read('titre,description\n"24 inch screen,nice\nChaise,rouge\nTable,"ronde"\n')
    assert [listing.designation for listing in file.listings] == ["24 inch screen", "Chaise", "Table"]


def test_many_open_quotes_are_read_in_no_time() -> None:
    file = read("titre,description\n" + '"a,b\n' * 20_000)
    assert len(file.listings) == MOST_LISTINGS
