"""`Modèles`: versions, trainings and data, for admins."""

import asyncio
from typing import Any

import gradio as gr

from ui import chart
from ui.error import ApiDown, ApiError, Conflict, NotAllowed
from ui.frame import LOADED, QUICK, SEEN, Frame
from ui.markup.models import comparison_html, links_html, training_html, trainings_html, versions_html
from ui.markup.part import good_html, hint_html, problem_html
from ui.record import Mode, Model, Models, Training
from ui.texts.shape import Texts
from ui.visit import Visit

LOOK_AGAIN_S = 2
UNDER_WAY = ("queued", "running")
VERSIONS = 50
TRAININGS = 10
MODES: tuple[Mode, ...] = ("small", "full", "fusion")


class ModelsTab:
    """Which versions there are and which one answers; trainings; the way back to the start."""

    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        self._timer = gr.Timer(LOOK_AGAIN_S, active=False)
        self._training_id = gr.State("")
        self._note = gr.HTML(elem_id="models-note", elem_classes="problem")
        with gr.Column(visible=False, elem_id="admin") as self._admin:
            with gr.Column(variant="panel"):
                self._build_versions()
            with gr.Column(variant="panel"):
                self._build_training()
            with gr.Column(variant="panel"):
                frame.heading(lambda texts: f"<h2>{texts.models.links}</h2>")
                self._links = gr.HTML(elem_id="links")
            with gr.Column(variant="panel"):
                self._build_reset()
        self._tie()

    def _build_versions(self) -> None:
        words = self._frame.words
        with gr.Row(elem_classes="headline"):
            self._frame.heading(lambda texts: f"<h2>{texts.models.versions}</h2>")
            self._refresh = words.say(
                gr.Button(size="sm", elem_classes="refresh", min_width=0), value=lambda texts: texts.models.refresh
            )
        self._versions = gr.HTML(elem_id="versions")
        self._challenger = words.say(
            gr.Dropdown(choices=[], filterable=True, elem_id="challenger"),
            label=lambda texts: texts.models.challenger,
            info=lambda texts: texts.models.challenger_hint,
        )
        self._comparison = gr.HTML(elem_id="comparison")
        self._compared = gr.Plot(show_label=False, container=False, visible=False, elem_id="chart-versions")
        with gr.Row(elem_classes="buttons"):
            self._promote = words.say(
                gr.Button(variant="primary", elem_id="promote"), value=lambda texts: texts.models.promote
            )
            self._rollback = words.say(gr.Button(elem_id="rollback"), value=lambda texts: texts.models.rollback)

    def _build_training(self) -> None:
        words = self._frame.words
        self._frame.heading(lambda texts: f"<h2>{texts.models.training}</h2>")
        self._mode = words.say(
            gr.Radio(value="small", elem_id="mode"),
            label=lambda texts: texts.models.mode,
            choices=_modes,
        )
        self._promote_after = words.say(
            gr.Checkbox(value=False, elem_id="promote-after"), label=lambda texts: texts.models.promote_after
        )
        with gr.Row(elem_classes="buttons"):
            self._start = words.say(
                gr.Button(variant="primary", elem_id="start-training"), value=lambda texts: texts.models.start
            )
            self._cancel = words.say(
                gr.Button(elem_id="cancel-training", visible=False), value=lambda texts: texts.models.cancel
            )
        self._training = gr.HTML(elem_id="training")
        self._earlier = gr.HTML(elem_id="trainings")

    def _build_reset(self) -> None:
        words = self._frame.words
        self._frame.heading(lambda texts: f"<h2>{texts.models.reset}</h2>")
        self._frame.heading(lambda texts: f'<p class="advice">{texts.models.reset_advice}</p>')
        self._word = words.say(
            gr.Textbox(
                max_lines=1,
                elem_id="reset-word",
                html_attributes=gr.InputHTMLAttributes(autocomplete="off", autocapitalize="none", spellcheck=False),
            ),
            label=lambda texts: texts.models.reset_label,
        )
        self._reset = words.say(
            gr.Button(variant="stop", elem_id="reset"), value=lambda texts: texts.models.reset_button
        )

    def _tie(self) -> None:
        who, session = self._frame.who, self._frame.session
        training = [self._timer, self._training_id, self._training, self._cancel, self._earlier]
        versions = [self._versions, self._challenger, self._comparison, self._compared, self._links]
        told = [session, self._note, self._admin]
        self.loading: dict[str, Any] = {
            "fn": self._load,
            "inputs": who,
            "outputs": [*told, *versions, *training],
            **LOADED,
        }
        self._refresh.click(**self.loading)
        self._timer.tick(self._look, [*who, self._training_id], [session, *versions, *training], **QUICK)
        self._challenger.input(
            self._compare, [*who, self._challenger], [session, self._note, self._comparison, self._compared], **QUICK
        )
        changed = [session, self._note, *versions]
        seen = {**SEEN, "show_progress_on": self._versions}
        self._promote.click(self._deploy, [*who, self._challenger], changed, **seen)
        self._rollback.click(self._go_back, who, changed, **seen)
        self._start.click(
            self._train, [*who, self._mode, self._promote_after], [session, self._note, *training], **QUICK
        )
        self._cancel.click(
            self._stop,
            [*who, self._training_id],
            [session, self._note, *training],
            **SEEN,
            show_progress_on=self._training,
        )
        self._reset.click(self._start_over, [*who, self._word], [session, self._note, self._word], **SEEN)

    async def _load(self, session: object, language: object, request: gr.Request) -> tuple[Any, ...]:
        """All that the tab shows."""
        visit = self._frame.visit(session, language, request)
        hidden = gr.update(visible=False)
        nothing = ("", gr.update(choices=[], value=None), "", hidden, "", gr.Timer(active=False), "", "", hidden, "")
        try:
            versions, training = await asyncio.gather(self._shown_versions(visit), self._shown_training(visit))
        except ApiError as error:
            said = visit.texts.models
            if visit.session is None:
                return visit.stored, hint_html(said.signed_out), hidden, *nothing
            if isinstance(error, NotAllowed):
                return visit.stored, hint_html(said.not_admin), hidden, *nothing
            return visit.stored, problem_html(visit.sentence(error)), gr.skip(), *(gr.skip(),) * len(nothing)
        return visit.stored, "", gr.update(visible=True), *versions, *training

    async def _look(
        self, session: object, language: object, training_id: object, request: gr.Request
    ) -> tuple[Any, ...]:
        """How far the training is; when it has ended, what it made."""
        visit = self._frame.visit(session, language, request)
        kept = (gr.skip(),) * 5
        try:
            training = await self._shown_training(visit)
            ended = training[1] == ""
            versions = await self._shown_versions(visit) if ended and training_id else kept
        except ApiDown:
            return visit.stored, *kept, *kept  # the model restarts: the next look will tell
        except ApiError:
            return visit.stored, *kept, gr.Timer(active=False), *kept[1:]
        return visit.stored, *versions, *training

    async def _compare(
        self, session: object, language: object, challenger: object, request: gr.Request
    ) -> tuple[Any, ...]:
        """A version beside the champion."""
        visit = self._frame.visit(session, language, request)
        try:
            models = await self._models(visit)
        except ApiError as error:
            return visit.stored, problem_html(visit.sentence(error)), gr.skip(), gr.skip()
        return visit.stored, "", *_comparison(models.items, challenger, visit.texts)

    async def _deploy(self, session: object, language: object, version: object, request: gr.Request) -> tuple[Any, ...]:
        """Make a version the champion."""
        visit = self._frame.visit(session, language, request)
        said = visit.texts.models
        if not isinstance(version, str) or not version:
            return visit.stored, problem_html(said.nothing_chosen), *(gr.skip(),) * 5
        try:
            model = await visit.ask(lambda token: visit.api.promote(version, token=token))
            shown = await self._shown_versions(visit)
        except ApiError as error:
            return visit.stored, _problem(visit, error), *(gr.skip(),) * 5
        return visit.stored, good_html(said.promoted.format(version=model.version)), *shown

    async def _go_back(self, session: object, language: object, request: gr.Request) -> tuple[Any, ...]:
        """The champion before becomes champion again."""
        visit = self._frame.visit(session, language, request)
        try:
            model = await visit.ask(lambda token: visit.api.rollback(token=token))
            shown = await self._shown_versions(visit)
        except ApiError as error:
            return visit.stored, _problem(visit, error), *(gr.skip(),) * 5
        return visit.stored, good_html(visit.texts.models.rolled_back.format(version=model.version)), *shown

    async def _train(
        self, session: object, language: object, mode: object, promote: object, request: gr.Request
    ) -> tuple[Any, ...]:
        """Start a training."""
        visit = self._frame.visit(session, language, request)
        wanted = next((known for known in MODES if known == mode), MODES[0])
        try:
            await visit.ask(lambda token: visit.api.start_training(wanted, promote=promote is True, token=token))
            training = await self._shown_training(visit)
        except ApiError as error:
            return visit.stored, _problem(visit, error), *(gr.skip(),) * 5
        return visit.stored, good_html(visit.texts.models.started), *training

    async def _stop(
        self, session: object, language: object, training_id: object, request: gr.Request
    ) -> tuple[Any, ...]:
        """Cancel the training."""
        visit = self._frame.visit(session, language, request)
        try:
            await visit.ask(lambda token: visit.api.cancel(str(training_id), token=token))
            training = await self._shown_training(visit)
        except ApiError as error:
            return visit.stored, _problem(visit, error), *(gr.skip(),) * 5
        return visit.stored, good_html(visit.texts.models.cancelled), *training

    async def _start_over(
        self, session: object, language: object, word: object, request: gr.Request
    ) -> tuple[Any, ...]:
        """Take all products off sale, once the word is typed."""
        visit = self._frame.visit(session, language, request)
        said = visit.texts.models
        if not isinstance(word, str) or word.strip().casefold() != said.reset_word:
            return visit.stored, problem_html(said.reset_wrong), gr.skip()
        try:
            done = await visit.ask(lambda token: visit.api.reset(token=token))
        except ApiError as error:
            return visit.stored, _problem(visit, error), gr.skip()
        return visit.stored, good_html(said.reset_done.format(removed=done.removed, copy=done.copied_to or "–")), ""

    @staticmethod
    async def _models(visit: Visit) -> Models:
        return await visit.ask(lambda token: visit.api.models(token=token, limit=VERSIONS))

    async def _shown_versions(self, visit: Visit) -> tuple[Any, ...]:
        """Table, choice, comparison, chart and links."""
        page = await self._models(visit)
        others = [model.version for model in page.items if not model.champion]
        newest = others[0] if others else None
        choice = gr.update(choices=[(version, version) for version in others], value=newest)
        texts = visit.texts
        compared = _comparison(page.items, newest, texts)
        return versions_html(page.items, texts), choice, *compared, links_html(page.links, texts)

    async def _shown_training(self, visit: Visit) -> tuple[Any, ...]:
        """Timer, id of the training under way, its picture, the button to cancel it, and those before."""
        page = await visit.ask(lambda token: visit.api.trainings(token=token, limit=TRAININGS))
        newest: Training | None = page.items[0] if page.items else None
        if newest is not None:
            newest = await visit.ask(lambda token: visit.api.training(page.items[0].id, token=token))
        under_way = newest is not None and newest.state in UNDER_WAY
        return (
            gr.Timer(active=under_way),
            newest.id if newest and under_way else "",
            training_html(newest, visit.texts),
            gr.update(visible=under_way),
            trainings_html(page.items[1:], visit.texts),
        )


def _comparison(models: list[Model], version: object, texts: Texts) -> tuple[Any, Any]:
    challenger = next((model for model in models if model.version == version), None)
    champion = next((model for model in models if model.champion), None)
    said = comparison_html(challenger, champion, texts)
    if challenger is None or champion is None:
        return said, gr.update(visible=False)
    return said, gr.update(value=chart.versions_compared(challenger, champion, texts), visible=True)


def _problem(visit: Visit, error: ApiError) -> str:
    """The sentence, and the API's reason where it is about what was asked."""
    return problem_html(visit.sentence(error), detail=error.detail if isinstance(error, Conflict) else "")


def _modes(texts: Texts) -> list[tuple[str, str]]:
    return [(texts.models.modes[mode], mode) for mode in MODES]
