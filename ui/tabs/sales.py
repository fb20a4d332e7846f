"""`Ventes récentes`: how well the model does on what was sold."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import gradio as gr

from ui import chart
from ui.csv_file import SAVE, csv_text
from ui.error import ApiError
from ui.frame import LOADED, QUICK, SEEN, Frame
from ui.markup.part import heading_html, hint_html, problem_html
from ui.markup.product import by_code, product_table_html
from ui.markup.sales import figures_html
from ui.record import Category, Page, Product
from ui.sales_record import RecentSales
from ui.tabs.category_choice import categories_of, category_choices
from ui.texts.shape import Texts
from ui.thumbnail import thumbnails
from ui.visit import Visit

PERIODS = {"day": timedelta(days=1), "week": timedelta(days=7), "month": timedelta(days=30), "all": None}
EVERY = 0
"""In the list of categories: all of them."""

SCORED = 10_000
"""Sales scored, the newest ones."""

PAGE_ROWS = 12
MOST_SHOWN = 96
EXPORTED = 10_000
CHARTS = ("over_time", "counts", "per_category", "confusion")


class SalesTab:
    """Figures, charts and the table, by period and category."""

    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        words = frame.words
        with gr.Column(variant="panel"):
            frame.heading(lambda texts: f"<h2>{texts.sales.heading}</h2>")
            with gr.Row(elem_classes="filters"):
                self._period = words.say(
                    gr.Radio(value="all", elem_id="period"),
                    label=lambda texts: texts.sales.period,
                    choices=_periods,
                )
                self._category = words.say(
                    gr.Dropdown(filterable=True, elem_id="category"),
                    label=lambda texts: texts.sales.category,
                    choices=lambda texts: [(texts.sales.every_category, EVERY)],
                    value=lambda _: EVERY,
                )
            with gr.Row(elem_classes="buttons"):
                refresh = words.say(
                    gr.Button(elem_classes="refresh", elem_id="refresh-sales"), value=lambda texts: texts.sales.refresh
                )
                export = words.say(gr.Button(elem_id="export"), value=lambda texts: texts.sales.export)
            problem = gr.HTML(elem_id="sales-problem", elem_classes="problem")
            figures = gr.HTML(elem_id="figures")
        self._plots = []
        with gr.Column(visible=False, elem_id="charts") as charts:
            for name in CHARTS:
                with gr.Column(variant="panel"):
                    frame.heading(partial(_chart_heading, name))
                    self._plots.append(gr.Plot(show_label=False, container=False, elem_id=f"chart-{name}"))
        with gr.Column(variant="panel", visible=False, elem_id="sold-products") as table_panel:
            frame.heading(lambda texts: f"<h2>{texts.sales.products}</h2>")
            table = gr.HTML(elem_id="product-table")
            more = words.say(gr.Button(elem_id="more", visible=False), value=lambda texts: texts.sales.more)
        file, shown = gr.JSON(visible=False), gr.State(PAGE_ROWS)

        chosen = [*frame.who, self._period, self._category]
        shows = [frame.session, problem, figures, charts, *self._plots, table_panel, table, more, shown]
        self.loading: dict[str, Any] = {
            "fn": self._load,
            "inputs": chosen,
            "outputs": [*shows, self._category],
            **LOADED,
            "show_progress": "minimal",
            "show_progress_on": figures,
        }
        refresh.click(**self.loading)
        gr.on([self._period.input, self._category.input], **self.loading)
        more.click(self._more, [*chosen, shown], [frame.session, problem, table, more, shown], **QUICK)
        export.click(self._export, chosen, [frame.session, problem, file], **SEEN, show_progress_on=export).then(
            None, file, js=f"(file) => ({SAVE.strip()})(file?.name, file?.text)"
        )

    async def _load(
        self, session: object, language: object, period: object, category: object, request: gr.Request
    ) -> tuple[Any, ...]:
        """All that the tab shows."""
        visit = self._frame.visit(session, language, request)
        texts, since, code = visit.texts, _since(period), _code(category)
        hidden = gr.update(visible=False)
        nothing = (hidden, *(None,) * len(CHARTS), hidden, "", hidden, PAGE_ROWS, gr.skip())
        if visit.session is None:
            return visit.stored, "", hint_html(texts.sales.signed_out), *nothing
        try:
            sales, page, categories = await asyncio.gather(
                visit.ask(
                    lambda token: visit.api.recent_sales(token=token, since=since, prdtypecode=code, limit=SCORED)
                ),
                self._products(visit, since, code, PAGE_ROWS),
                categories_of(visit),
            )
            table = await self._table(visit, page, categories)
        except ApiError as error:
            return visit.stored, problem_html(visit.sentence(error)), "", *nothing
        narrowed = since is not None or code is not None
        figures = figures_html(sales, texts, narrowed=narrowed)
        options = gr.update(choices=[(texts.sales.every_category, EVERY), *category_choices(categories, texts)])
        if sales.rows == 0:
            return visit.stored, "", figures, *nothing[:-1], options
        plots = _plots(sales, categories, texts)
        more = gr.update(visible=page.next is not None)
        shown = gr.update(visible=True)
        return visit.stored, "", figures, shown, *plots, shown, table, more, PAGE_ROWS, options

    async def _more(
        self,
        session: object,
        language: object,
        period: object,
        category: object,
        shown: object,
        request: gr.Request,
    ) -> tuple[Any, ...]:
        """A longer table."""
        visit = self._frame.visit(session, language, request)
        rows = min((shown if isinstance(shown, int) else 0) + PAGE_ROWS, MOST_SHOWN)
        try:
            page = await self._products(visit, _since(period), _code(category), rows)
            table = await self._table(visit, page, await categories_of(visit))
        except ApiError as error:
            return visit.stored, problem_html(visit.sentence(error)), gr.skip(), gr.skip(), gr.skip()
        more = gr.update(visible=page.next is not None and rows < MOST_SHOWN)
        return visit.stored, "", table, more, rows

    async def _export(
        self, session: object, language: object, period: object, category: object, request: gr.Request
    ) -> tuple[Any, ...]:
        """The products as a CSV, which the browser saves."""
        visit = self._frame.visit(session, language, request)
        texts = visit.texts
        try:
            products = await self._all_products(visit, _since(period), _code(category))
        except ApiError as error:
            return visit.stored, problem_html(visit.sentence(error)), None
        columns = [
            "id",
            "created_at",
            "designation",
            "description",
            "prdtypecode",
            "category",
            "predicted_prdtypecode",
            "predicted_probability",
            "version",
        ]
        rows = (
            [
                product.id,
                product.created_at.isoformat(),
                product.designation,
                product.description,
                product.prdtypecode,
                texts.name(product),
                product.predicted_prdtypecode,
                round(product.predicted_probability, 4),
                product.version,
            ]
            for product in products
        )
        return visit.stored, "", {"name": texts.sales.export_name, "text": csv_text(columns, rows)}

    @staticmethod
    async def _products(visit: Visit, since: datetime | None, code: int | None, rows: int) -> Page[Product]:
        return await visit.ask(lambda token: visit.api.products(token=token, since=since, prdtypecode=code, limit=rows))

    @staticmethod
    async def _all_products(visit: Visit, since: datetime | None, code: int | None) -> list[Product]:
        products: list[Product] = []
        cursor: str | None = None
        while len(products) < EXPORTED:
            page = await visit.ask(partial(_page_of_products, visit, since, code, cursor))
            products += page.items
            cursor = page.next
            if cursor is None:
                break
        return products

    @staticmethod
    async def _table(visit: Visit, page: Page[Product], categories: Sequence[Category]) -> str:
        photos = await thumbnails(visit, page.items)
        return product_table_html(page.items, photos, by_code(categories), visit.texts)


def _plots(sales: RecentSales, categories: Sequence[Category], texts: Texts) -> list[Any]:
    """A chart for each of CHARTS."""
    names = by_code(categories, sales.per_category)
    return [
        chart.quality_over_time(sales, texts),
        chart.products_per_category(sales, names, texts),
        chart.quality_per_category(sales, texts),
        chart.confusion_matrix(sales, names, texts),
    ]


async def _page_of_products(
    visit: Visit, since: datetime | None, code: int | None, cursor: str | None, token: str
) -> Page[Product]:
    return await visit.api.products(token=token, since=since, prdtypecode=code, limit=100, cursor=cursor)


def _chart_heading(name: str, texts: Texts) -> str:
    return heading_html(getattr(texts.sales, name))


def _periods(texts: Texts) -> list[tuple[str, str]]:
    return [(label, name) for name, label in texts.sales.periods.items()]


def _since(period: object) -> datetime | None:
    length = PERIODS.get(period) if isinstance(period, str) else None
    return datetime.now(UTC) - length if length else None


def _code(category: object) -> int | None:
    return category if isinstance(category, int) and category != EVERY else None
