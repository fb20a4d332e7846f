"""A seller's own products, newest first: corrected or withdrawn with a click."""

from typing import Any

import gradio as gr

from ui.error import ApiError, NotAllowed, NotThere
from ui.frame import LOADED, QUICK, SEEN, Frame
from ui.markup.part import good_html, hint_html, problem_html
from ui.markup.product import by_code, own_products_html, title_of
from ui.record import Category, Product
from ui.tabs.category_choice import categories_of, category_choices
from ui.thumbnail import thumbnails
from ui.visit import Visit

SHOWN = 6

# A click on a button inside the list, with the product it belongs to.
CLICKS = """
element.addEventListener('click', (event) => {
  const button = event.target.closest('button[data-action]');
  if (!button || (button.dataset.sure && !confirm(button.dataset.sure))) return;
  trigger('click', { action: button.dataset.action, product: button.dataset.id });
});
"""


class OwnProducts:
    """The list, and the form that corrects one of it."""

    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        words = frame.words
        self._corrected_id = gr.State("")
        with gr.Column(elem_id="mine", variant="panel"):
            with gr.Row(elem_classes="headline"):
                frame.heading(lambda texts: f"<h2>{texts.selling.mine}</h2>")
                self.refresh = words.say(
                    gr.Button(size="sm", elem_classes="refresh", min_width=0), value=lambda texts: texts.sales.refresh
                )
            self._note = gr.HTML(elem_id="mine-note", elem_classes="problem")
            with gr.Column(visible=False, elem_id="correction") as self._form:
                self._which = gr.HTML()
                self._category = words.say(
                    gr.Dropdown(choices=[], filterable=True, elem_id="new-category"),
                    label=lambda texts: texts.selling.choice,
                )
                with gr.Row(elem_classes="buttons"):
                    save = words.say(
                        gr.Button(variant="primary", elem_id="save-category"), value=lambda texts: texts.selling.save
                    )
                    cancel = words.say(gr.Button(), value=lambda texts: texts.selling.cancel)
            self._list = gr.HTML(elem_id="own-products", js_on_load=CLICKS)

        told = [frame.session, self._note]
        choosing = [self._form, self._which, self._category, self._corrected_id]
        self.refresh.click(**self.loading)
        self._list.click(self._act, frame.who, [*told, *choosing, self._list], **QUICK).then(
            None, js="() => document.querySelector('#correction')?.scrollIntoView({ block: 'nearest' })"
        )
        save.click(
            self._correct,
            [*frame.who, self._corrected_id, self._category],
            [*told, self._form, self._list],
            **SEEN,
            show_progress_on=self._list,
        )
        cancel.click(lambda: gr.update(visible=False), None, self._form, **QUICK)

    @property
    def loading(self) -> dict[str, Any]:
        """Shows the list anew."""
        return {
            "fn": self._load,
            "inputs": self._frame.who,
            "outputs": [self._frame.session, self._note, self._form, self._list],
            **LOADED,
        }

    async def _load(self, session: object, language: object, request: gr.Request) -> tuple[Any, ...]:
        visit = self._frame.visit(session, language, request)
        try:
            shown = await self._own(visit)
        except ApiError as error:
            return visit.stored, problem_html(visit.sentence(error)), gr.update(visible=False), gr.skip()
        return visit.stored, "", gr.update(visible=False), shown

    async def _own(self, visit: Visit) -> str:
        if visit.session is None:
            return hint_html(visit.texts.selling.mine_signed_out)
        page = await visit.ask(lambda token: visit.api.products(token=token, mine=True, limit=SHOWN))
        photos = await thumbnails(visit, page.items)
        names = by_code(await categories_of(visit))
        return own_products_html(page.items, photos, names, visit.texts)

    async def _act(
        self, session: object, language: object, event: gr.EventData, request: gr.Request
    ) -> tuple[Any, ...]:
        """Open the form for a product, or withdraw it."""
        visit = self._frame.visit(session, language, request)
        action, product_id = event_of(event)
        closed = (gr.update(visible=False), "", gr.skip(), "")
        try:
            if action == "withdraw":
                await visit.ask(lambda token: visit.api.withdraw(product_id, token=token))
                return visit.stored, good_html(visit.texts.selling.withdrawn), *closed, await self._own(visit)
            product = await visit.ask(lambda token: visit.api.product(product_id, token=token))
            categories = await categories_of(visit)
        except ApiError as error:
            return visit.stored, problem_html(self._sentence(visit, error)), *closed, gr.skip()
        return visit.stored, "", *self._opened(visit, product, categories), gr.skip()

    def _opened(self, visit: Visit, product: Product, categories: list[Category]) -> tuple[Any, ...]:
        title = title_of(product, visit.texts)
        which = hint_html(visit.texts.selling.correction.format(designation=title))
        dropdown = gr.update(choices=category_choices(categories, visit.texts), value=product.prdtypecode)
        return gr.update(visible=True), which, dropdown, product.id

    async def _correct(
        self, session: object, language: object, product_id: object, category: object, request: gr.Request
    ) -> tuple[Any, ...]:
        """Put the product on the chosen shelf."""
        visit = self._frame.visit(session, language, request)
        if not isinstance(category, int) or not isinstance(product_id, str):
            return visit.stored, problem_html(visit.texts.selling.no_choice), gr.skip(), gr.skip()
        try:
            product = await visit.ask(lambda token: visit.api.correct(product_id, category, token=token))
            shown = await self._own(visit)
        except ApiError as error:
            return visit.stored, problem_html(self._sentence(visit, error)), gr.skip(), gr.skip()
        said = visit.texts.selling.corrected.format(
            designation=title_of(product, visit.texts), category=visit.texts.name(product)
        )
        return visit.stored, good_html(said), gr.update(visible=False), shown

    @staticmethod
    def _sentence(visit: Visit, error: ApiError) -> str:
        if isinstance(error, NotAllowed | NotThere):
            return visit.texts.selling.not_yours
        return visit.sentence(error)


def event_of(event: gr.EventData) -> tuple[str, str]:
    """Action and product of a click, from whatever the browser sent."""
    data = event._data if isinstance(event._data, dict) else {}
    action, product_id = data.get("action"), data.get("product")
    return (action if isinstance(action, str) else "", product_id if isinstance(product_id, str) else "")
