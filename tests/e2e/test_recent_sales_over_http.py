"""Recent sales over HTTP, on a running server."""

import json
from datetime import UTC, datetime, timedelta

import httpx
import pytest

pytestmark = pytest.mark.e2e

SCORES = ("weighted_f1", "macro_f1", "accuracy", "interval")


def sell(user: httpx.Client, designation: str, *, kept: bool) -> dict:
    """Put a product where it was proposed, or on the least likely shelf."""
    answer = user.post("/predict", json={"designation": designation, "top_k": 1000}).raise_for_status().json()
    chosen = answer["categories"][0 if kept else -1]["prdtypecode"]
    sale = {"designation": designation, "prdtypecode": chosen, "prediction_id": answer["prediction_id"]}
    return user.post("/products", json=sale).raise_for_status().json()


def test_sales_of_a_window_are_scored(user: httpx.Client) -> None:
    since = datetime.now(UTC)
    products = [sell(user, f"piscine gonflable {n}", kept=n < 3) for n in range(4)]

    sales = user.get("/metrics/recent-sales", params={"since": since.isoformat()}).raise_for_status().json()

    assert sales["rows"] == 4
    assert sales["accuracy"] == 0.75
    assert sales["acceptance"] == {"rate": 0.75, "rows": 4}
    assert 0 <= sales["interval"][0] <= sales["weighted_f1"] <= sales["interval"][1] <= 1
    assert sales["confusions"][0]["rows"] == 1
    assert datetime.fromisoformat(sales["newest"]) == datetime.fromisoformat(products[-1]["created_at"])
    assert sales["drift"]["population_stability_index"] is None
    assert all(category["name_fr"] for category in sales["per_category"])
    assert sum(cell["rows"] for cell in sales["confusion_matrix"]) == 4
    assert sum(step["rows"] for step in sales["over_time"]) == 4
    first, last = sales["over_time"][0], sales["over_time"][-1]
    assert datetime.fromisoformat(first["since"]) <= datetime.fromisoformat(sales["oldest"])
    assert datetime.fromisoformat(sales["newest"]) < datetime.fromisoformat(last["until"])


def test_figures_of_one_category_are_over_its_sales(user: httpx.Client) -> None:
    since = datetime.now(UTC).isoformat()
    wrong = sell(user, "piscine gonflable", kept=False)
    right = sell(user, "roman policier", kept=True)
    for code in (wrong["prdtypecode"], wrong["predicted_prdtypecode"]):
        sales = user.get("/metrics/recent-sales", params={"since": since, "prdtypecode": code}).json()
        own = [one for one in (wrong, right) if code in (one["prdtypecode"], one["predicted_prdtypecode"])]
        assert (sales["prdtypecode"], sales["rows"]) == (code, len(own))
    nowhere = user.get("/metrics/recent-sales", params={"since": since, "prdtypecode": 123_456}).json()
    assert (nowhere["rows"], nowhere["over_time"], nowhere["confusion_matrix"]) == (0, [], [])


def test_a_correction_counts_and_the_acceptance_stays(user: httpx.Client) -> None:
    since = datetime.now(UTC).isoformat()
    wrong = sell(user, "piscine gonflable", kept=False)
    user.patch(f"/products/{wrong['id']}", json={"prdtypecode": wrong["predicted_prdtypecode"]}).raise_for_status()
    sales = user.get("/metrics/recent-sales", params={"since": since}).json()
    assert (sales["accuracy"], sales["acceptance"]["rate"]) == (1, 0)


def test_an_unescaped_plus_and_a_missing_zone_are_understood(api_server, user: httpx.Client) -> None:
    sell(user, "piscine gonflable", kept=True)
    an_hour_ago = (datetime.now(UTC) - timedelta(hours=1)).isoformat(timespec="seconds")
    expected = user.get("/metrics/recent-sales", params={"since": an_hour_ago}).json()["rows"]
    assert expected >= 1
    for text in (an_hour_ago, an_hour_ago.removesuffix("+00:00")):
        answer = user.get(f"{api_server.api}/metrics/recent-sales?since={text}")
        assert (answer.status_code, answer.json()["rows"]) == (200, expected)


def test_a_window_without_sales_has_null_for_scores(user: httpx.Client) -> None:
    answer = user.get("/metrics/recent-sales", params={"until": "2020-01-01"})
    assert (answer.status_code, answer.json()["rows"]) == (200, 0)
    assert [answer.json()[name] for name in SCORES] == [None] * 4
    json.loads(answer.text, parse_constant=pytest.fail)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=-1", "limit"),
        ("limit=10001", "limit"),
        ("limit=99999999999999999999", "limit"),
        ("threshold=1.1", "threshold"),
        ("prdtypecode=9223372036854775808", "prdtypecode"),
        ("prdtypecode=livres", "prdtypecode"),
        ("threshold=nan", "threshold"),
        ("threshold=-inf", "threshold"),
        ("since=yesterday", "since"),
        ("until=%00", "until"),
        ("until='; DROP TABLE products; --", "until"),
    ],
)
def test_odd_parameters_are_refused_by_name(user: httpx.Client, query: str, field: str) -> None:
    answer = user.get(f"/metrics/recent-sales?{query}")
    assert (answer.status_code, answer.json()["field"]) == (422, field)


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59.999999-14:00"])
def test_the_first_and_the_last_moment_are_times_too(user: httpx.Client, moment: str) -> None:
    for name in ("since", "until"):
        assert user.get("/metrics/recent-sales", params={name: moment}).status_code == 200


def test_strangers_do_not_see_sales(api_server) -> None:
    assert httpx.get(f"{api_server.api}/metrics/recent-sales").status_code == 401
