"""Rows of one product are one listing, in one folder and across several."""

from collections.abc import Callable
from pathlib import Path

from datasets.dataset import Dataset
from datasets.folder import load_folders, read_folders

WriteFolder = Callable[..., Path]
PhotoBytes = Callable[..., bytes]


def aside(dataset: Dataset) -> list[str]:
    reasons = [issue.reason for issue in dataset.issues if issue.effect == "set_aside"]
    assert len(dataset.products) + len(reasons) == dataset.rows
    return reasons


def test_the_text_of_one_folder_and_the_photo_of_another_are_joined(
    write_folder: WriteFolder, photo_bytes: PhotoBytes
) -> None:
    photos = write_folder(
        [{"designation": "", "productid": 11, "imageid": 21}], name="photos", photos={(21, 11): photo_bytes()}
    )
    texts = write_folder([{"designation": "Lampe", "productid": 11, "imageid": 99}], name="texts")
    for order in ([photos, texts], [texts, photos]):
        dataset = load_folders(order)
        (product,) = dataset.products
        assert (product.designation, product.imageid) == ("Lampe", 21)
        assert product.image is not None
        (reason,) = aside(dataset)
        assert f"joined with {order[0] / 'X_train_update.csv'}:2" in reason


def test_a_folder_given_twice_counts_once(write_folder: WriteFolder, photo_bytes: PhotoBytes) -> None:
    folder = write_folder([{"productid": 11, "imageid": 21}, {}], photos={(21, 11): photo_bytes()})
    dataset = load_folders([folder, folder])
    assert dataset.products == load_folders([folder]).products
    assert all(reason.endswith("a copy") for reason in aside(dataset))


def test_copies_inside_one_folder_count_once(write_folder: WriteFolder) -> None:
    same = {"designation": "Lampe", "productid": 11, "imageid": 21}
    dataset = load_folders([write_folder([same, same, {"designation": "LAMPE !", "productid": 11, "imageid": 21}])])
    assert [product.row for product in dataset.products] == [0]
    assert len(aside(dataset)) == 2


def test_a_description_is_taken_from_a_row_with_the_same_title(write_folder: WriteFolder) -> None:
    rows = [
        {"designation": "Lampe", "productid": 11},
        {"designation": "Lamp", "description": "in English", "productid": 11},
        {"designation": "LAMPE", "description": "en bois", "productid": 11},
    ]
    (product,) = load_folders([write_folder(rows)]).products
    assert (product.designation, product.description) == ("Lampe", "en bois")


def test_the_folder_named_first_has_the_last_word_on_the_text(write_folder: WriteFolder) -> None:
    raw = write_folder([{"designation": "Lampe rétro", "productid": 11}], name="raw")
    translated = write_folder(
        [{"designation": "Vintage lamp", "description": "nice", "productid": 11}], name="translated"
    )
    dataset = load_folders([raw, translated])
    assert [(p.designation, p.description) for p in dataset.products] == [("Lampe rétro", "")]
    assert "not used" in aside(dataset)[0]


def test_a_broken_photo_is_replaced_by_the_same_product_s_good_one(
    write_folder: WriteFolder, photo_bytes: PhotoBytes
) -> None:
    rows = [{"productid": 11, "imageid": 21}, {"designation": "", "productid": 11, "imageid": 22}]
    photos = {(21, 11): b"broken", (22, 11): photo_bytes()}
    (product,) = load_folders([write_folder(rows, photos=photos)]).products
    assert product.imageid == 22
    assert product.image is not None


def test_one_product_with_two_labels_is_set_aside_whole(write_folder: WriteFolder) -> None:
    first = write_folder([{"productid": 11, "code": 10}, {}], name="first")
    second = write_folder([{"productid": 11, "code": 40}], name="second")
    dataset = load_folders([first, second])
    assert [product.row for product in dataset.products] == [1]
    assert len(aside(dataset)) == 2
    assert all("labelled" in reason and "otherwise in" in reason for reason in aside(dataset))


def test_rows_without_a_product_id_of_their_own_stay_apart(write_folder: WriteFolder) -> None:
    rows = [{"productid": 0}, {"productid": 0}, {"productid": -1}, {"productid": -1}]
    assert len(load_folders([write_folder(rows)]).products) == 4


def test_ids_that_a_spreadsheet_rounded_join_nothing(write_folder: WriteFolder) -> None:
    rows = [{"designation": "Lampe", "productid": "4.12844E+09"}, {"designation": "Chaise", "productid": "4.12844E+09"}]
    dataset = load_folders([write_folder(rows)])
    assert [product.designation for product in dataset.products] == ["Lampe", "Chaise"]
    assert all("lost its last digits" in issue.reason for issue in dataset.issues)


def test_rows_of_the_unlabelled_part_are_answered_one_by_one(write_folder: WriteFolder) -> None:
    folder = write_folder([{}])
    header = ",designation,description,productid,imageid\n"
    (folder / "X_test_update.csv").write_text(header + "5,Lampe,,8,9\n6,Lampe,,8,9\n")
    assert len(load_folders([folder], part="test").products) == 2


def test_taxonomies_of_several_folders_name_together(write_folder: WriteFolder) -> None:
    named = write_folder([{"code": 1}, {"code": 10, "productid": 77}], name="named")
    (named / "taxonomy.csv").write_text("prdtypecode,name_fr,name_en\n1,Lampes,Lamps\n")
    free = write_folder([{"code": 10, "productid": 88}], name="free")
    dataset = read_folders([named, free])
    assert dataset.counts() == {1: 1, 10: 1}
    assert (dataset.taxonomy[1].name_en, dataset.taxonomy[10].name_en) == ("Lamps", "Used books")
    assert not dataset.taxonomy.closed
