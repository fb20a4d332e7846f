"""`Essayer`: a listing of every shelf, one click each."""

from html import escape
from typing import Any

import gradio as gr

from ui.error import ApiDown, ApiError
from ui.example import EXAMPLES, Example
from ui.frame import SEEN, Frame, into_sight
from ui.listing_form import GivenListing
from ui.markup.answer import answer_html
from ui.markup.part import heading_html, hint_html, problem_html
from ui.record import Served
from ui.tabs.sell import SellTab, predict
from ui.texts.shape import Texts

CLICKS = """
element.addEventListener('click', (event) => {
  const button = event.target.closest('button[data-example]');
  if (!button) return;
  element.querySelectorAll('button').forEach((other) => { other.ariaPressed = other === button; });
  trigger('click', { example: Number(button.dataset.example) });
});
"""

# On a phone the answer lies below the examples.
INTO_SIGHT = into_sight("#explored", within="#explored")


class ExploreTab:
    """The examples, and what the model says about the one that was touched."""

    def __init__(self, frame: Frame, sell: SellTab, tabs: gr.Tabs) -> None:
        self._frame = frame
        self._sell = sell
        self._chosen = gr.State(-1)
        with gr.Row(elem_classes="columns"):
            with gr.Column(scale=7, min_width=300, variant="panel"):
                examples = frame.words.say(gr.HTML(elem_id="examples", js_on_load=CLICKS), value=_examples_html)
            with gr.Column(scale=5, min_width=300, elem_id="explored", variant="panel"):
                self._problem = gr.HTML(elem_id="explore-problem", elem_classes="problem")
                self._answer = frame.words.say(
                    gr.HTML(elem_id="explore-answer"), value=lambda texts: hint_html(texts.exploring.advice)
                )
                self._take = frame.words.say(
                    gr.Button(variant="primary", elem_id="sell-this", visible=False),
                    value=lambda texts: texts.exploring.sell_this,
                )
        answered = [frame.session, frame.watch, self._problem, self._answer, self._chosen, self._take]
        examples.click(self._try, [*frame.who, frame.served], answered, **SEEN, show_progress_on=self._answer).then(
            None, js=INTO_SIGHT
        )
        self._take.click(
            self._sell_it,
            [*frame.who, frame.served, self._chosen],
            [tabs, *sell.listing, *sell.answered],
            **SEEN,
        ).then(None, js="() => scrollTo(0, 0)")

    async def _try(
        self, session: object, language: object, served: Served | None, event: gr.EventData, request: gr.Request
    ) -> tuple[Any, ...]:
        """What the model says about an example."""
        visit = self._frame.visit(session, language, request)
        chosen = event._data.get("example") if isinstance(event._data, dict) else None
        example = _example(chosen)
        if example is None:
            return visit.stored, gr.skip(), "", hint_html(visit.texts.exploring.advice), -1, gr.update(visible=False)
        try:
            prediction = await predict(visit, _listing(example))
        except ApiError as error:
            watch = gr.Timer(active=True) if isinstance(error, ApiDown) else gr.skip()
            return visit.stored, watch, problem_html(visit.sentence(error)), "", -1, gr.update(visible=False)
        shown = _listing_html(example, visit.texts) + answer_html(prediction, served, visit.texts)
        return visit.stored, gr.skip(), "", shown, chosen, gr.update(visible=True)

    async def _sell_it(
        self, session: object, language: object, served: Served | None, chosen: object, request: gr.Request
    ) -> tuple[Any, ...]:
        """The example in the form of the first tab, with its answer."""
        visit = self._frame.visit(session, language, request)
        example = _example(chosen)
        if example is None:
            return (gr.skip(),) * (4 + len(self._sell.answered))
        listing = _listing(example)
        return gr.Tabs(selected="sell"), *listing.form, *await self._sell.answer_to(visit, listing, served)


def _example(chosen: object) -> Example | None:
    return EXAMPLES[chosen] if isinstance(chosen, int) and 0 <= chosen < len(EXAMPLES) else None


def _listing(example: Example) -> GivenListing:
    return GivenListing(example.designation, example.description, example.file)


def _examples_html(texts: Texts) -> str:
    """A button for each example, with its picture."""
    buttons = "".join(
        f'<li><button type="button" data-example="{number}" aria-pressed="false">'
        f'<img src="examples/{example.picture}" alt="" loading="lazy" width="92" height="92">'
        f"<span>{escape(example.label_fr if texts.language == 'fr' else example.label_en)}</span></button></li>"
        for number, example in enumerate(EXAMPLES)
    )
    return f'{heading_html(texts.exploring.heading, advice=texts.exploring.advice)}<ul class="examples">{buttons}</ul>'


def _listing_html(example: Example, texts: Texts) -> str:
    """The listing that the answer is about."""
    photo = f'<img src="examples/{example.photo}" alt="">' if example.photo else ""
    title = f"<h3>{escape(example.designation)}</h3>" if example.designation else ""
    description = f"<p>{escape(example.description)}</p>" if example.description else ""
    return (
        f'<section class="listing" aria-label="{escape(texts.exploring.listing)}">{photo}'
        f"<div>{title}{description}</div></section>"
    )
