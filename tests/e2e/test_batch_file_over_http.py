"""A file of listings is read over HTTP, and what was read is predicted as it is."""

import httpx
import pytest

pytestmark = pytest.mark.e2e

CSV = "Titre;Prix;Photo\nPiscine ronde;120;pool.jpg\n;;\nLot de romans;5;\n".encode("cp1252")
READ = "/predict/batch/read"


def test_what_was_read_of_a_file_goes_to_the_batch(user: httpx.Client) -> None:
    answer = user.post(READ, files={"file": ("annonces.csv", CSV)})
    assert answer.status_code == 200, answer.text
    read = answer.json()
    assert [(listing["line"], listing["image"]) for listing in read["listings"]] == [(2, "pool.jpg"), (4, None)]
    assert [(issue["line"], issue["kind"]) for issue in read["issues"]] == [(3, "empty")]
    assert read["truncated"] is False
    listings = [{"designation": listing["designation"]} for listing in read["listings"]]
    items = user.post("/predict/batch", json={"listings": listings}).json()["items"]
    assert items[0]["prdtypecode"] == 2583


@pytest.mark.parametrize(
    ("files", "status", "field"),
    [
        ({"file": ("a.csv", b"a,b\n1,2\n")}, 422, "file"),
        ({"file": ("a.xlsx", b"PK\x03\x04")}, 422, "file"),
        ({"other": ("a.csv", CSV)}, 422, "file"),
        ({"file": ("a.csv", bytes(20_200_000))}, 413, "body"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_by_its_field(
    user: httpx.Client, files: dict[str, tuple[str, bytes]], status: int, field: str
) -> None:
    answer = user.post(READ, files=files)
    assert (answer.status_code, answer.json()["field"]) == (status, field), answer.text


def test_reading_a_file_needs_an_account(server: str) -> None:
    assert httpx.post(f"{server}/api/v1{READ}", files={"file": ("a.csv", CSV)}).status_code == 401


def test_admins_are_told_where_the_tools_beside_the_server_answer(admin: httpx.Client) -> None:
    assert admin.get("/models").json()["links"] == {"tensorboard": None, "mlflow": None, "dashboard": None}
