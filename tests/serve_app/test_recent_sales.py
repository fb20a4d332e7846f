"""Recent sales are scored as scikit-learn scores them, on every database."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, f1_score, precision_score, recall_score

from bundle.manifest import CategoryEntry
from serve_app.database.engine import Database
from serve_app.database.tables import Product
from serve_app.sales.drift import index_by_chance, stability_index
from serve_app.sales.recent import recent_sales
from serve_app.sales.record import RecentSales
from serve_app.sales.step import A_MONDAY, MOST_STEPS, step_edges

START = datetime(2026, 11, 1, tzinfo=UTC)
UNKNOWN = 9_000_000_000
NAMES = [
    CategoryEntry(prdtypecode=10, name_fr="Livres d'occasion", name_en="Second-hand books"),
    CategoryEntry(prdtypecode=2583, name_fr="Piscine", name_en="Pools"),
]


def sell(
    database: Database,
    predicted: np.ndarray,
    chosen: np.ndarray,
    *,
    probability: np.ndarray | None = None,
    start: datetime = START,
    apart: timedelta = timedelta(minutes=1),
) -> None:
    """A product a minute (or `apart`), oldest first; the first choice was the last one."""
    products = [
        Product(
            designation=f"produit {row}",
            description="",
            prdtypecode=int(chosen[row]),
            predicted_prdtypecode=int(predicted[row]),
            predicted_probability=float(probability[row]) if probability is not None else 0.9,
            probabilities={},
            version="20261125-101500-3f2a",
            kept_proposal=bool(predicted[row] == chosen[row]),
            created_at=start + row * apart,
        )
        for row in range(len(chosen))
    ]
    database.write(lambda session: session.add_all(products))


def score(
    database: Database,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    limit: int = 1000,
    threshold: float = 0.8,
    prdtypecode: int | None = None,
) -> RecentSales:
    with database.read() as session:
        return recent_sales(
            session, NAMES, since=since, until=until, limit=limit, threshold=threshold, prdtypecode=prdtypecode
        )


def random_sales(rows: int, *, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    codes = np.array([10, 1280, 2583, UNKNOWN])
    chosen = generator.choice(codes, rows)
    predicted = np.where(generator.uniform(size=rows) < 0.7, chosen, generator.choice(codes[:3], rows))
    return predicted, chosen, generator.uniform(0.3, 1, rows)


def test_scores_are_those_of_scikit_learn(database: Database) -> None:
    predicted, chosen, probability = random_sales(500, seed=1)
    predicted[predicted == UNKNOWN] = 10
    sell(database, predicted, chosen, probability=probability)

    sales = score(database)

    assert sales.rows == 500
    assert sales.weighted_f1 == pytest.approx(f1_score(chosen, predicted, average="weighted", zero_division=0))
    labels = np.unique(chosen)
    assert sales.macro_f1 == pytest.approx(f1_score(chosen, predicted, average="macro", labels=labels, zero_division=0))
    assert sales.accuracy == pytest.approx(accuracy_score(chosen, predicted))
    for category in sales.per_category:
        only = {"labels": [category.prdtypecode], "average": "macro", "zero_division": 0}
        assert category.rows == (chosen == category.prdtypecode).sum()
        assert category.f1 == pytest.approx(f1_score(chosen, predicted, **only))
        assert category.recall == pytest.approx(recall_score(chosen, predicted, **only))
        if category.precision is not None:
            assert category.precision == pytest.approx(precision_score(chosen, predicted, **only))
    never_predicted = next(category for category in sales.per_category if category.prdtypecode == UNKNOWN)
    assert (never_predicted.precision, never_predicted.name_fr) == (None, str(UNKNOWN))


def test_acceptance_and_coverage_are_shares_of_sales(database: Database) -> None:
    predicted, chosen, probability = random_sales(300, seed=2)
    sell(database, predicted, chosen, probability=probability)

    sales = score(database, threshold=0.7)

    sure, right = probability >= 0.7, predicted == chosen
    assert sales.acceptance.rate == pytest.approx(right.mean())
    assert sales.acceptance.rows == 300
    assert sales.coverage.share == pytest.approx(sure.mean())
    assert sales.coverage.accuracy == pytest.approx(right[sure].mean())
    assert score(database, threshold=1).coverage.model_dump() == {"threshold": 1, "share": 0, "accuracy": None}


def test_the_interval_holds_the_score_and_narrows_with_more_sales(database: Database) -> None:
    predicted, chosen, _ = random_sales(900, seed=3)
    sell(database, predicted, chosen)
    widths = []
    for limit in (60, 900):
        sales = score(database, limit=limit)
        assert sales.interval is not None and sales.weighted_f1 is not None
        low, high = sales.interval
        assert 0 <= low <= sales.weighted_f1 <= high <= 1
        widths.append(high - low)
    assert widths[1] < widths[0] / 2


def test_a_window_holds_its_first_moment_and_not_its_last(database: Database) -> None:
    codes = np.full(10, 10)
    sell(database, codes, codes)
    since, until = START + timedelta(minutes=3), START + timedelta(minutes=7)

    sales = score(database, since=since, until=until)

    assert (sales.rows, sales.oldest, sales.newest) == (4, since, until - timedelta(minutes=1))
    assert (sales.since, sales.until) == (since, until)
    newest = score(database, limit=2)
    assert (newest.rows, newest.oldest) == (2, START + timedelta(minutes=8))
    assert score(database, since=until, until=since).rows == 0


def test_confusions_come_with_names_most_frequent_first(database: Database) -> None:
    predicted = np.array([10, 10, 10, 2583, 4, 4])
    chosen = np.array([2583, 2583, 10, 10, 4, 4])
    sell(database, predicted, chosen)

    first, second = score(database).confusions

    assert first.model_dump() == {
        "predicted": 10,
        "predicted_name_fr": "Livres d'occasion",
        "predicted_name_en": "Second-hand books",
        "chosen": 2583,
        "chosen_name_fr": "Piscine",
        "chosen_name_en": "Pools",
        "rows": 2,
    }
    assert (second.predicted, second.chosen, second.rows) == (2583, 10, 1)


def test_no_more_than_twenty_confusions_are_told(database: Database) -> None:
    chosen = np.arange(30)
    sell(database, chosen + 1, chosen)
    assert len(score(database).confusions) == 20


def test_the_whole_confusion_matrix_is_told_largest_cell_first(database: Database) -> None:
    predicted, chosen, _ = random_sales(400, seed=6)
    sell(database, predicted, chosen)

    cells = score(database).confusion_matrix

    assert {(cell.predicted, cell.chosen): cell.rows for cell in cells} == Counter(
        zip(predicted.tolist(), chosen.tolist(), strict=True)
    )
    assert [cell.rows for cell in cells] == sorted((cell.rows for cell in cells), reverse=True)


def test_the_score_of_each_step_is_that_of_its_sales(database: Database) -> None:
    predicted, chosen, _ = random_sales(600, seed=7)
    sell(database, predicted, chosen, apart=timedelta(minutes=7))
    at = np.array([START + row * timedelta(minutes=7) for row in range(600)])

    steps = score(database).over_time

    assert len(steps) == 24
    assert [step.since for step in steps] == [START + n * timedelta(hours=3) for n in range(24)]
    for step in steps:
        inside = (at >= step.since) & (at < step.until)
        assert step.until - step.since == timedelta(hours=3)
        assert step.rows == inside.sum()
        f1 = f1_score(chosen[inside], predicted[inside], average="weighted", zero_division=0)
        assert step.weighted_f1 == pytest.approx(f1)
        assert step.accuracy == pytest.approx((chosen == predicted)[inside].mean())
        assert step.acceptance == step.accuracy


def test_steps_without_sales_are_left_out(database: Database) -> None:
    codes = np.full(3, 10)
    sell(database, codes, codes)
    sell(database, codes, codes, start=START + timedelta(hours=9, minutes=20))
    steps = score(database).over_time
    assert [(step.since - START, step.rows) for step in steps] == [
        (timedelta(0), 3),
        (timedelta(hours=9), 3),
    ]


@pytest.mark.parametrize(
    ("span", "length"),
    [
        (timedelta(0), timedelta(minutes=1)),
        (timedelta(minutes=29), timedelta(minutes=1)),
        (timedelta(minutes=30), timedelta(minutes=5)),
        (timedelta(hours=7), timedelta(minutes=15)),
        (timedelta(days=7), timedelta(hours=6)),
        (timedelta(days=20), timedelta(days=1)),
        (timedelta(days=200), timedelta(days=7)),
        (timedelta(days=800), timedelta(days=30)),
        (timedelta(days=1500), timedelta(days=60)),
        (timedelta(days=100_000), timedelta(days=3840)),
    ],
)
def test_steps_are_the_shortest_round_ones_that_are_few_enough(span: timedelta, length: timedelta) -> None:
    oldest = START + timedelta(seconds=17)
    edges = step_edges(oldest, START + span + timedelta(seconds=18))
    assert edges[1] - edges[0] == length
    assert len(edges) - 1 <= MOST_STEPS
    assert edges[0] <= oldest < edges[1] and edges[-2] <= START + span + timedelta(seconds=18) < edges[-1]
    assert all((edge - A_MONDAY) % length == timedelta(0) for edge in edges)


def test_a_week_begins_on_monday_midnight() -> None:
    edges = step_edges(START, START + timedelta(days=200))
    assert {(edge.weekday(), edge.hour, edge.minute) for edge in edges} == {(0, 0, 0)}


def test_every_figure_of_a_category_is_over_its_own_sales(database: Database) -> None:
    predicted, chosen, _ = random_sales(700, seed=8)
    sell(database, predicted, chosen)
    of_books = (predicted == 10) | (chosen == 10)

    sales = score(database, limit=200, prdtypecode=10)

    inside = np.flatnonzero(of_books)[-200:]
    assert (sales.rows, sales.prdtypecode, sales.acceptance.rows) == (200, 10, 200)
    assert sales.accuracy == pytest.approx((predicted == chosen)[inside].mean())
    assert sales.oldest == START + timedelta(minutes=int(inside[0]))
    assert sum(step.rows for step in sales.over_time) == sum(cell.rows for cell in sales.confusion_matrix) == 200
    assert all(10 in (cell.predicted, cell.chosen) for cell in sales.confusion_matrix)
    assert sales.drift.rows_before == min(200, of_books.sum() - 200)
    assert score(database, prdtypecode=77).rows == 0


def test_without_sales_every_score_is_null(database: Database) -> None:
    sales = score(database)
    assert (sales.rows, sales.weighted_f1, sales.macro_f1, sales.accuracy, sales.interval) == (
        0,
        None,
        None,
        None,
        None,
    )
    assert (sales.acceptance.rate, sales.coverage.share, sales.per_category, sales.confusions) == (None, None, [], [])
    assert (sales.oldest, sales.newest, sales.over_time, sales.confusion_matrix) == (None, None, [], [])
    assert "NaN" not in sales.model_dump_json()


def test_one_sale_has_scores(database: Database) -> None:
    sell(database, np.array([10]), np.array([10]))
    sales = score(database)
    assert (sales.rows, sales.weighted_f1, sales.interval, sales.drift.population_stability_index) == (
        1,
        1,
        (1, 1),
        None,
    )


def test_drift_is_told_when_shares_move_and_not_when_they_stay(database: Database) -> None:
    generator = np.random.default_rng(4)
    codes = np.array([10, 1280, 2583])
    before = generator.choice(codes, 400, p=[0.6, 0.3, 0.1])
    stayed = generator.choice(codes, 400, p=[0.6, 0.3, 0.1])
    moved = generator.choice(codes, 400, p=[0.2, 0.3, 0.5])
    for part, predicted in enumerate((before, stayed, moved)):
        sell(database, predicted, predicted, start=START + timedelta(days=part))

    quiet = score(database, since=START + timedelta(days=1), until=START + timedelta(days=2)).drift
    loud = score(database, since=START + timedelta(days=2)).drift

    assert (quiet.rows, quiet.rows_before, loud.rows, loud.rows_before) == (400, 400, 400, 400)
    assert quiet.population_stability_index is not None and quiet.by_chance is not None
    assert quiet.population_stability_index < quiet.by_chance
    assert loud.population_stability_index is not None and loud.by_chance is not None
    assert loud.population_stability_index > 10 * loud.by_chance


def test_drift_needs_enough_sales_on_both_sides(database: Database) -> None:
    codes = np.full(150, 10)
    sell(database, codes, codes)
    drift = score(database, limit=100).drift
    assert (drift.rows, drift.rows_before, drift.population_stability_index) == (100, 50, None)
    assert drift.rows_needed == 100


def test_what_chance_allows_holds_95_percent_of_the_time() -> None:
    generator = np.random.default_rng(5)
    shares = generator.dirichlet(np.ones(27))
    below = 0
    for _ in range(200):
        now, before = generator.multinomial(300, shares), generator.multinomial(300, shares)
        below += stability_index(now, before) < index_by_chance(now, before)
    assert 0.9 <= below / 200 <= 0.99


def test_the_same_shares_have_no_drift() -> None:
    rows = np.array([30, 50, 0, 20])
    assert stability_index(rows, rows) == 0
    assert stability_index(rows, rows[::-1]) > 0
