"""`Vendre`: a listing goes in, its shelf and the reasons come out, and the product is put on sale."""

import asyncio
from typing import Any

import gradio as gr

from ui.error import ApiDown, ApiError, ListingRefused
from ui.frame import QUICK, SECRET, SEEN, Frame, into_sight
from ui.listing_form import GivenListing, keep_photo
from ui.markup.answer import answer_html, empty_html
from ui.markup.explanation import explanation_html
from ui.markup.part import problem_html
from ui.markup.product import by_code, sold_html
from ui.record import Prediction, Served
from ui.tabs.category_choice import category_choices
from ui.tabs.own_products import OwnProducts
from ui.texts.language import texts_in
from ui.visit import Visit

# What is written survives a reload, and the server's restart, which reloads the page.
KEEP = "(designation, description) => ({ designation, description })"
WRITE_AGAIN = "(draft) => [draft?.designation ?? '', draft?.description ?? '']"

# On a phone the answer lies below the form.
INTO_SIGHT = into_sight("#problem .note, #answer section", within="#problem, #answer")


class SellTab:
    """The form, the answer, the choice of a shelf, and the seller's own products."""

    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        self.shown = gr.State(None)
        self._draft = gr.BrowserState({}, storage_key="rayonnage-draft", secret=SECRET)
        with gr.Row(elem_classes="columns"):
            with gr.Column(scale=5, elem_id="form", variant="panel"):
                self._build_form()
            with gr.Column(scale=7, min_width=300, elem_id="result"):
                self._build_answer()
        self.own = OwnProducts(frame)
        self._tie()

    def _build_form(self) -> None:
        words = self._frame.words
        self._frame.heading(lambda texts: f"<h2>{texts.form}</h2>")
        self.designation = words.say(
            gr.Textbox(max_lines=3, elem_id="designation"),
            label=lambda texts: texts.designation,
            placeholder=lambda texts: texts.designation_hint,
        )
        self.description = words.say(
            gr.Textbox(lines=3, max_lines=8, elem_id="description"),
            label=lambda texts: texts.description,
            placeholder=lambda texts: texts.description_hint,
        )
        self.photo = words.say(
            gr.Image(
                type="filepath",
                image_mode=None,
                sources=["upload", "clipboard", "webcam"],
                buttons=[],
                height=220,
                elem_id="photo",
            ),
            label=lambda texts: texts.photo,
            placeholder=lambda texts: texts.photo_hint,
        )
        self.find = words.say(gr.Button(variant="primary", elem_id="find"), value=lambda texts: texts.find)
        with gr.Row(elem_classes="buttons"):
            self.propose = words.say(gr.Button(elem_id="propose"), value=lambda texts: texts.selling.propose)
            self.clear = words.say(gr.Button(elem_id="clear", min_width=90), value=lambda texts: texts.selling.clear)
        self.problem = gr.HTML(elem_id="problem", elem_classes="problem")

    def _build_answer(self) -> None:
        words = self._frame.words
        with gr.Column(variant="panel", elem_id="answer-panel"):
            self.answer = words.say(gr.HTML(elem_id="answer"), value=empty_html)
            with gr.Column(visible=False, elem_id="choose") as self.choose:
                self.choice = words.say(
                    gr.Dropdown(choices=[], filterable=True, elem_id="choice"),
                    label=lambda texts: texts.selling.choice,
                    info=lambda texts: texts.selling.choice_hint,
                )
                with gr.Row(elem_classes="buttons"):
                    self.sell = words.say(
                        gr.Button(variant="primary", elem_id="sell"), value=lambda texts: texts.selling.sell
                    )
                    self.why = words.say(gr.Button(elem_id="why"), value=lambda texts: texts.explaining.button)
                self.sell_problem = gr.HTML(elem_id="sell-problem", elem_classes="problem")
                self.reasons = gr.HTML(elem_id="reasons")

    def _tie(self) -> None:
        frame, listing = self._frame, self.listing
        asked = gr.on(
            [self.find.click, self.designation.submit],
            self._find,
            [*frame.who, frame.served, *listing],
            self.answered,
            **SEEN,
            show_progress_on=self.answer,
        )
        asked.then(None, js=INTO_SIGHT)
        proposed = self.propose.click(
            self._propose,
            [*frame.who, frame.served],
            [*listing, *self.answered],
            **SEEN,
            show_progress_on=self.answer,
        )
        proposed.then(None, js=INTO_SIGHT)
        sold = self.sell.click(
            self._sell,
            [*frame.who, frame.served, *listing, self.choice, self.shown],
            [frame.session, self.sell_problem, self.answer, self.shown, self.choose, self.reasons, *listing],
            **SEEN,
            show_progress_on=self.answer,
        )
        sold.then(**self.own.loading).then(None, js=INTO_SIGHT)
        self.why.click(
            self._explain,
            [*frame.who, *listing],
            [frame.session, self.sell_problem, self.reasons],
            **SEEN,
            show_progress_on=self.reasons,
        )
        gr.on(
            [self.designation.change, self.description.change],
            None,
            [self.designation, self.description],
            self._draft,
            js=KEEP,
        )
        emptied = [self.problem, self.answer, self.shown, self.choose, self.reasons, *listing]
        self.clear.click(self._empty, frame.language, emptied, **QUICK)

    @property
    def listing(self) -> list[gr.components.Component]:
        return [self.designation, self.description, self.photo]

    @property
    def answered(self) -> list[gr.blocks.Block]:
        """What `answer_to` gives a value to."""
        frame = self._frame
        told = [frame.session, frame.watch, self.problem, self.answer, self.shown]
        return [*told, self.choose, self.choice, self.sell_problem, self.reasons]

    async def answer_to(self, visit: Visit, listing: GivenListing, served: Served | None) -> tuple[Any, ...]:
        """Ask the API; a problem is a sentence beside the form and takes the old answer away."""
        texts = visit.texts
        detail, watch = "", gr.skip()
        try:
            if not listing.is_empty:
                prediction = await predict(visit, listing)
                watch = gr.Timer(active=True) if prediction.degraded else watch
                choice = gr.update(choices=category_choices(prediction.categories, texts), value=prediction.prdtypecode)
                answer = answer_html(prediction, served, texts)
                return visit.stored, watch, "", answer, prediction, gr.update(visible=True), choice, "", ""
            sentence = texts.nothing_given
        except ApiError as error:
            sentence = visit.sentence(error)
            detail = error.detail if isinstance(error, ListingRefused) else ""
            watch = gr.Timer(active=True) if isinstance(error, ApiDown) else watch
        except OSError:
            sentence = texts.unreadable_photo
        problem, hidden = problem_html(sentence, detail=detail), gr.update(visible=False)
        return visit.stored, watch, problem, empty_html(texts), None, hidden, gr.skip(), "", ""

    def write_again(self, loaded: Any) -> None:
        """Once the page is there, the form has what was written before."""
        loaded(None, self._draft, [self.designation, self.description], js=WRITE_AGAIN)

    @property
    def translated(self) -> dict[str, Any]:
        """Says the answer again in another language."""
        return {
            "fn": self._say_again,
            "inputs": [self._frame.language, self._frame.served, self.shown],
            "outputs": [self.answer, self.choice, self.problem, self.sell_problem, self.reasons],
            **QUICK,
        }

    async def _find(
        self,
        session: object,
        language: str,
        served: Served | None,
        designation: object,
        description: object,
        photo: object,
        request: gr.Request,
    ) -> tuple[Any, ...]:
        """The shelf of what stands in the form."""
        visit = self._frame.visit(session, language, request)
        return await self.answer_to(visit, GivenListing.read(designation, description, photo), served)

    async def _propose(
        self, session: object, language: str, served: Served | None, request: gr.Request
    ) -> tuple[Any, ...]:
        """A listing to try, with its shelf."""
        visit = self._frame.visit(session, language, request)
        try:
            proposal = await visit.ask(lambda token: visit.api.proposal(token=token))
        except ApiError as error:
            problem = problem_html(visit.sentence(error))
            return *(gr.skip(),) * 3, visit.stored, gr.skip(), problem, *(gr.skip(),) * 6
        photo = await asyncio.to_thread(keep_photo, proposal.photo) if proposal.photo else None
        listing = GivenListing(proposal.designation, proposal.description, photo)
        return *listing.form, *await self.answer_to(visit, listing, served)

    async def _sell(
        self,
        session: object,
        language: str,
        served: Served | None,
        designation: object,
        description: object,
        photo: object,
        choice: object,
        shown: Prediction | None,
        request: gr.Request,
    ) -> tuple[Any, ...]:
        """Put the product on the chosen shelf, and make room for the next one."""
        visit = self._frame.visit(session, language, request)
        texts, listing = visit.texts, GivenListing.read(designation, description, photo)
        kept = (gr.skip(),) * 7

        def failed(sentence: str, detail: str = "") -> tuple[Any, ...]:
            return visit.stored, problem_html(sentence, detail=detail), *kept

        if not isinstance(choice, int):
            return failed(texts.selling.no_choice)
        try:
            product = await visit.ask(
                lambda token: visit.api.add_product(
                    listing.designation,
                    listing.description,
                    prdtypecode=choice,
                    photo=listing.photo,
                    prediction_id=shown.prediction_id if shown else None,
                    token=token,
                )
            )
        except ApiError as error:
            return failed(visit.sentence(error), error.detail if isinstance(error, ListingRefused) else "")
        except OSError:
            return failed(texts.unreadable_photo)
        done = sold_html(
            product, by_code(served.categories if served else (), shown.categories if shown else ()), texts
        )
        return visit.stored, "", done, None, gr.update(visible=False), "", "", "", None

    async def _explain(
        self,
        session: object,
        language: str,
        designation: object,
        description: object,
        photo: object,
        request: gr.Request,
    ) -> tuple[Any, ...]:
        """Why text and photo voted as they did."""
        visit = self._frame.visit(session, language, request)
        listing = GivenListing.read(designation, description, photo)
        if listing.is_empty:
            return visit.stored, problem_html(visit.texts.explaining.nothing), ""
        try:
            prediction = await predict(visit, listing, explain=True)
        except ApiError as error:
            return visit.stored, problem_html(visit.sentence(error)), ""
        except OSError:
            return visit.stored, problem_html(visit.texts.unreadable_photo), ""
        if prediction.explanation is None:
            return visit.stored, problem_html(visit.texts.fault), ""
        names = by_code(prediction.categories)
        return visit.stored, "", explanation_html(prediction.explanation, listing.photo_url, names, visit.texts)

    def _empty(self, language: object) -> tuple[Any, ...]:
        texts = texts_in(language)
        return "", empty_html(texts), None, gr.update(visible=False), "", "", "", None

    def _say_again(self, language: object, served: Served | None, shown: Prediction | None) -> tuple[Any, ...]:
        """The answer in another language; what the seller wrote and chose stays."""
        texts = texts_in(language)
        if shown is None:
            return empty_html(texts), gr.skip(), "", "", ""
        return (
            answer_html(shown, served, texts),
            gr.update(choices=category_choices(shown.categories, texts)),
            "",
            "",
            "",
        )


async def predict(visit: Visit, listing: GivenListing, *, explain: bool = False) -> Prediction:
    """What the API says about a listing.

    Raises:
        ApiError
        OSError: the photo's file is gone.
    """
    return await visit.ask_anyway(
        lambda token: visit.api.predict(
            listing.designation, listing.description, photo=listing.photo, explain=explain, token=token
        )
    )
