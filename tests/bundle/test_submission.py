"""The challenge's submission file: every row index of X has its answer, in file order, written as Y is."""

from collections.abc import Callable
from pathlib import Path

import pytest

from bundle.predict_folder import OutputError, check_output
from bundle.predictor import Predictor
from bundle.store import ModelStore
from bundle.submission import (
    Submission,
    check_submission,
    make_submission,
    most_frequent_code,
    write_submission,
)

pytestmark = pytest.mark.slow

HEADER = ",designation,description,productid,imageid\n"


@pytest.fixture(scope="module")
def predictor(small_store: ModelStore) -> Predictor:
    return Predictor.open(small_store.open_path())


@pytest.fixture
def submit(predictor: Predictor, tmp_path: Path) -> Callable[[bytes], tuple[Submission, bytes]]:
    """Answers an X_test given as bytes; gives the submission and the bytes of its file."""

    def answer(x_test: bytes) -> tuple[Submission, bytes]:
        (tmp_path / "X_test_update.csv").write_bytes(x_test)
        submission = make_submission(predictor, tmp_path, part="test", answered={}, most_frequent=1280)
        write_submission(submission, tmp_path / "y_pred.csv")
        return submission, (tmp_path / "y_pred.csv").read_bytes()

    return answer


Submit = Callable[[bytes], tuple[Submission, bytes]]


def test_the_bytes_are_those_of_the_challenge(submit: Submit) -> None:
    rows = "84916,piscine gonflable,,11,12\n84917,roman policier,,13,14\n3,peluche ours,,15,16\n"
    submission, written = submit((HEADER + rows).encode())
    assert written == b",prdtypecode\n84916,2583\n84917,10\n3,1280\n"
    assert not submission.filled and not submission.left_out


def test_what_no_answer_can_be_given_to_gets_the_most_frequent_category_and_is_named(submit: Submit) -> None:
    rows = "7,piscine gonflable,,11,12\n8,,,13,14\n9,roman policier,,,\n10,a,b,c,d,15,16\n"
    submission, written = submit((HEADER + rows).encode())
    assert written == b",prdtypecode\n7,2583\n8,1280\n9,10\n10,1280\n"
    assert [(row.index, row.line) for row in submission.filled] == [(8, 3), (10, 5)]
    assert submission.filled[0].reason == "it has neither text nor photo"
    assert "7 fields where the header has 5" in submission.filled[1].reason


def test_each_row_of_one_product_has_its_own_line(submit: Submit) -> None:
    rows = "1,piscine gonflable,,11,12\n2,piscine gonflable,,11,12\n3,roman policier,,11,13\n"
    assert submit((HEADER + rows).encode())[1] == b",prdtypecode\n1,2583\n2,2583\n3,10\n"


def test_a_file_from_a_spreadsheet_is_answered_by_its_own_indices(submit: Submit) -> None:
    rows = ("index;designation;description;productid;imageid", "12,00;Bâche piscine;;1,5E+09;7", "13;;;1;2")
    excel = "\r\n".join(("\ufeffsep=;", *rows, ""))
    for x_test in (excel.encode(), excel.lstrip("\ufeff").encode("cp1252")):
        assert submit(x_test)[1] == b",prdtypecode\n12,2583\n13,1280\n"


def test_a_row_that_no_index_names_by_itself_is_told(submit: Submit) -> None:
    submission, written = submit((HEADER + "1,piscine gonflable,,1,1\nx,roman,,2,2\n1,roman policier,,3,3\n").encode())
    assert written == b",prdtypecode\n1,2583\n"
    assert submission.left_out == [
        (3, "its row index 'x' is not a whole number"),
        (4, "row index 1 again (line 2)"),
    ]


def test_the_most_frequent_category_is_that_of_the_training(
    small_store: ModelStore, predictor: Predictor, tmp_path: Path
) -> None:
    assert most_frequent_code(small_store.open_path(), predictor.manifest) == 10  # all three have 40 rows
    assert most_frequent_code(tmp_path, predictor.manifest) == 10


def test_a_file_that_cannot_be_written_is_refused_before_the_work(tmp_path: Path) -> None:
    (tmp_path / "y.csv").mkdir()
    long = "y" * 300 + ".csv"
    for path, said in (
        (tmp_path / "y.parquet", "ends with .csv"),
        (tmp_path / "y.csv", "is a folder"),
        (tmp_path / "nowhere" / "y.csv", "its folder does not exist"),
        (tmp_path / long, "cannot be written"),
    ):
        with pytest.raises(OutputError, match=said):
            check_submission(path, [tmp_path])
    with pytest.raises(OutputError, match="give --data once"):
        check_submission(tmp_path / "z.csv", [tmp_path, tmp_path])
    check_output(tmp_path / "z.csv")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["y.csv"]
