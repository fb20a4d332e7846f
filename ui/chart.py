"""The charts of the page, by Altair: Gradio draws them in the browser, where they answer to the pointer.

They are drawn as SVG, so that the page's style colours words and lines, by day and by night.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt

from ui.markup.product import Names, category_name
from ui.record import Model
from ui.sales_record import RecentSales
from ui.texts.shape import Texts
from ui.theme import FONTS

TEAL, BLUE, AMBER = "#149c8e", "#5b79d6", "#d98a1f"
ROW_PX = 26
MOST_ROWS = 40
"""Categories that a chart of bars shows; the table and the CSV have all."""

PART_NAMES = ("text", "image", "fusion")
MEASURES = ("weighted_f1", "macro_f1", "accuracy")

FRENCH_NUMBERS = {"decimal": ",", "thousands": "\N{NARROW NO-BREAK SPACE}", "grouping": [3], "currency": ["", " €"]}
FRENCH_TIMES = {
    "dateTime": "%A %e %B %Y à %X",
    "date": "%d/%m/%Y",
    "time": "%H:%M:%S",
    "periods": ["", ""],
    "days": ["dimanche", "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi"],
    "shortDays": ["dim.", "lun.", "mar.", "mer.", "jeu.", "ven.", "sam."],
    "months": [
        "janvier",
        "février",
        "mars",
        "avril",
        "mai",
        "juin",
        "juillet",
        "août",
        "septembre",
        "octobre",
        "novembre",
        "décembre",
    ],
    "shortMonths": [
        "janv.",
        "févr.",
        "mars",
        "avr.",
        "mai",
        "juin",
        "juil.",
        "août",
        "sept.",
        "oct.",
        "nov.",
        "déc.",
    ],
}


def quality_over_time(sales: RecentSales, texts: Texts) -> alt.TopLevelMixin:
    """Lines of weighted F1, accuracy and kept proposals."""
    said = texts.sales
    names = {"weighted_f1": said.weighted_f1, "accuracy": said.accuracy, "acceptance": said.acceptance}
    rows = [
        {"at": step.since.isoformat(), "measure": name, "share": getattr(step, field), "rows": step.rows}
        for step in sales.over_time
        for field, name in names.items()
    ]
    return _finished(
        alt.Chart(alt.Data(values=rows))
        .mark_line(point=alt.OverlayMarkDef(size=60), strokeWidth=2.5)
        .encode(
            x=alt.X("at:T", title=None),
            y=alt.Y("share:Q", title=None, scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(format=".0%")),
            color=_colours("measure", list(names.values()), [TEAL, BLUE, AMBER]),
            tooltip=[
                alt.Tooltip("at:T", title=said.time, format="%d/%m %H:%M"),
                alt.Tooltip("measure:N", title=said.score),
                alt.Tooltip("share:Q", title="%", format=".1%"),
                alt.Tooltip("rows:Q", title=said.sales),
            ],
        ),
        height=260,
        described=said.over_time_alt,
        texts=texts,
    )


def products_per_category(sales: RecentSales, names: Names, texts: Texts) -> alt.TopLevelMixin:
    """How many products each category was chosen and predicted for."""
    said = texts.sales
    chosen, predicted = _totals(sales)
    codes = sorted(chosen | predicted, key=lambda code: (-chosen.get(code, 0), -predicted.get(code, 0)))[:MOST_ROWS]
    rows = [
        {"category": category_name(code, names, texts), "kind": kind, "rows": totals.get(code, 0)}
        for code in codes
        for kind, totals in ((said.chosen, chosen), (said.predicted, predicted))
    ]
    kinds = [said.chosen, said.predicted]
    return _finished(
        alt.Chart(alt.Data(values=rows))
        .mark_bar(cornerRadiusEnd=3)
        .encode(
            y=_categories([category_name(code, names, texts) for code in codes]),
            yOffset=alt.YOffset("kind:N", sort=kinds),
            x=alt.X("rows:Q", title=None, axis=alt.Axis(tickMinStep=1, format="d")),
            color=_colours("kind", kinds, [TEAL, AMBER]),
            tooltip=[
                alt.Tooltip("category:N", title=said.category),
                alt.Tooltip("kind:N", title=" "),
                alt.Tooltip("rows:Q", title=said.products),
            ],
        ),
        height=ROW_PX * len(codes),
        described=said.counts_alt,
        texts=texts,
    )


def quality_per_category(sales: RecentSales, texts: Texts) -> alt.TopLevelMixin:
    """F1 of each category, those sold most first."""
    said = texts.sales
    rows: list[dict[str, Any]] = [
        {
            "category": texts.name(category),
            "f1": category.f1,
            "precision": "–" if category.precision is None else texts.percent(category.precision),
            "recall": "–" if category.recall is None else texts.percent(category.recall),
            "rows": category.rows,
        }
        for category in sales.per_category[:MOST_ROWS]
    ]
    return _finished(
        alt.Chart(alt.Data(values=rows))
        .mark_bar(cornerRadiusEnd=3, color=TEAL)
        .encode(
            y=_categories([row["category"] for row in rows]),
            x=alt.X("f1:Q", title=None, scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(format=".0%")),
            tooltip=[
                alt.Tooltip("category:N", title=said.category),
                alt.Tooltip("f1:Q", title=said.f1, format=".1%"),
                alt.Tooltip("precision:N", title=said.precision),
                alt.Tooltip("recall:N", title=said.recall),
                alt.Tooltip("rows:Q", title=said.products),
            ],
        ),
        height=ROW_PX * len(rows),
        described=said.per_category_alt,
        texts=texts,
    )


def confusion_matrix(sales: RecentSales, names: Names, texts: Texts) -> alt.TopLevelMixin:
    """Predicted against chosen category: the more sales, the more colour."""
    said = texts.sales
    chosen, predicted = _totals(sales)
    codes = sorted(chosen | predicted)
    rows = [
        {
            "predicted": str(cell.predicted),
            "predicted_name": category_name(cell.predicted, names, texts),
            "chosen": category_name(cell.chosen, names, texts),
            "rows": cell.rows,
            "right": cell.predicted == cell.chosen,
        }
        for cell in sales.confusion_matrix
    ]
    return _finished(
        alt.Chart(alt.Data(values=rows))
        .mark_rect(cornerRadius=2)
        .encode(
            x=alt.X(
                "predicted:N",
                title=said.predicted,
                sort=[str(code) for code in codes],
                axis=alt.Axis(labelAngle=-60, grid=True),
            ),
            y=_categories([category_name(code, names, texts) for code in codes], field="chosen", grid=True),
            opacity=alt.Opacity("rows:Q", scale=alt.Scale(type="sqrt", range=[0.25, 1]), legend=None),
            color=alt.Color("right:N", scale=alt.Scale(domain=[True, False], range=[TEAL, AMBER]), legend=None),
            tooltip=[
                alt.Tooltip("predicted_name:N", title=said.predicted),
                alt.Tooltip("chosen:N", title=said.chosen),
                alt.Tooltip("rows:Q", title=said.sales),
            ],
        ),
        height=max(120, 22 * len(codes)),
        described=said.confusion_alt,
        texts=texts,
    )


def versions_compared(challenger: Model, champion: Model, texts: Texts) -> alt.TopLevelMixin:
    """The measures of two versions side by side."""
    said = texts.models
    rows: list[dict[str, Any]] = [
        {
            "measure": f"{said.parts[part]} · {said.measures[measure]}",
            "version": f"{model.version} ({said.champion})" if model is champion else model.version,
            "share": value,
        }
        for model in (challenger, champion)
        for part in PART_NAMES
        for measure in MEASURES
        if (value := measure_of(model.metrics, part, measure)) is not None
    ]
    versions = list(dict.fromkeys(row["version"] for row in rows))
    measures = list(dict.fromkeys(row["measure"] for row in rows))
    return _finished(
        alt.Chart(alt.Data(values=rows))
        .mark_bar(cornerRadiusEnd=3)
        .encode(
            y=_categories(measures, field="measure"),
            yOffset=alt.YOffset("version:N", sort=versions),
            x=alt.X("share:Q", title=None, scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(format=".0%")),
            color=_colours("version", versions, [AMBER, TEAL]),
            tooltip=[
                alt.Tooltip("version:N", title=said.challenger),
                alt.Tooltip("measure:N", title=" "),
                alt.Tooltip("share:Q", title="%", format=".1%"),
            ],
        ),
        height=40 * max(1, len(measures)),
        described=said.compare_alt,
        texts=texts,
    )


def measure_of(metrics: Mapping[str, Any] | None, part: str, measure: str) -> float | None:
    """A version's measure, where its training took it."""
    found = (metrics or {}).get(part)
    value = found.get(measure) if isinstance(found, dict) else None
    return float(value) if isinstance(value, int | float) else None


def _totals(sales: RecentSales) -> tuple[dict[int, int], dict[int, int]]:
    """Sales by chosen, and by predicted category."""
    chosen: dict[int, int] = {}
    predicted: dict[int, int] = {}
    for cell in sales.confusion_matrix:
        chosen[cell.chosen] = chosen.get(cell.chosen, 0) + cell.rows
        predicted[cell.predicted] = predicted.get(cell.predicted, 0) + cell.rows
    return chosen, predicted


def _categories(names: Sequence[str], *, field: str = "category", grid: bool = False) -> alt.Y:
    return alt.Y(f"{field}:N", title=None, sort=list(names), axis=alt.Axis(labelLimit=170, grid=grid))


def _colours(field: str, values: Sequence[str], colours: Sequence[str]) -> alt.Color:
    legend = alt.Legend(title=None, orient="top", labelLimit=300, columns=1)  # beside each other a phone has no room
    return alt.Color(f"{field}:N", scale=alt.Scale(domain=list(values), range=list(colours)), legend=legend)


def _finished(chart: alt.Chart, *, height: int, described: str, texts: Texts) -> alt.TopLevelMixin:
    """The same frame around every chart: as wide as the page lets it, and described for who cannot see it."""
    options: dict[str, Any] = {"renderer": "svg", "actions": False}
    if texts.decimal_comma:
        options |= {"formatLocale": FRENCH_NUMBERS, "timeFormatLocale": FRENCH_TIMES}
    return (
        chart.properties(width="container", height=height, description=described, usermeta={"embedOptions": options})
        .configure(background="transparent", font=", ".join(FONTS))
        .configure_view(stroke=None)
        .configure_axis(labelFontSize=12, titleFontSize=12)
        .configure_legend(labelFontSize=13)
    )
