"""Whatever happens to the files on their way, each row given is used or set aside, and the load ends."""

import csv
import io
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from datasets.error import FolderError
from datasets.folder import read_folders

CELLS = st.one_of(
    st.integers(-2, 12).map(str),
    st.sampled_from(
        ["", " ", "NA", "12.0", "1e3", "1.5", "abc", '"', '24" LED', "a,b", "a;b", "a\nb", "<br>", "é", "\t", "9" * 25]
    ),
)


def as_csv(header: list[str], rows: list[tuple[str, ...]]) -> bytes:
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(header)
    writer.writerows(rows)
    return buffer.getvalue().encode()


def load(x: bytes, y: bytes) -> tuple[int, int, int]:
    """Rows, used, set aside."""
    with TemporaryDirectory() as folder:
        (Path(folder) / "X_train_update.csv").write_bytes(x)
        (Path(folder) / "Y_train_CVw08PX.csv").write_bytes(y)
        dataset = read_folders([Path(folder)])
    aside = sum(issue.effect == "set_aside" for issue in dataset.issues)
    assert all(issue.line for issue in dataset.issues if issue.effect == "set_aside")
    return dataset.rows, len(dataset.products), aside


@given(
    st.lists(st.tuples(CELLS, CELLS, CELLS, CELLS, CELLS), min_size=1, max_size=12),
    st.lists(st.tuples(CELLS, CELLS), max_size=12),
)
@settings(max_examples=150, deadline=None)
def test_rows_of_any_cells_add_up(x_rows: list[tuple[str, ...]], y_rows: list[tuple[str, ...]]) -> None:
    x = as_csv(["", "designation", "description", "productid", "imageid"], x_rows)
    y = as_csv(["", "prdtypecode"], y_rows or [("0", "1")])
    rows, used, aside = load(x, y)
    assert used + aside == rows
    assert rows >= len(x_rows)


@given(st.binary(min_size=1, max_size=8), st.lists(st.integers(0, 10_000), max_size=6), st.integers(0, 200))
@settings(max_examples=150, deadline=None)
def test_bytes_thrown_into_a_file_never_end_the_load_half_way(junk: bytes, places: list[int], cut: int) -> None:
    rows = [(str(i), f"Chaise n°{i}", "En bois,\npliante", str(1000 + i), str(5000 + i)) for i in range(20)]
    x = as_csv(["", "designation", "description", "productid", "imageid"], rows)
    for place in places:
        at = place % len(x)
        x = x[:at] + junk + x[at:]
    y = as_csv(["", "prdtypecode"], [(str(i), "10") for i in range(20)])
    try:
        given_rows, used, aside = load(x[: len(x) - cut], y)
    except FolderError:
        return
    assert used + aside == given_rows
