"""The page: a listing goes in, its shelf and the reasons come out.

Handlers hold no rights of their own: whatever Gradio lets a stranger call gives no more than the API does.
"""

from pathlib import Path
from typing import Any

import gradio as gr

from ui.answer import answer_html, empty_html, header_html, problem_html, status_html
from ui.client import ApiClient
from ui.error import ApiDown, ApiError, ListingRefused
from ui.example import EXAMPLES, Example
from ui.record import Prediction, Served
from ui.texts import FRENCH, Texts, texts_in
from ui.visitor import visitor_of

AT_ONCE = 64
"""Predictions that one page process has under way; each only waits for the API."""

ASK_AGAIN_S = 4
CACHE_S = 3600

# What Gradio cannot say by itself: the answer is read out when it changes, a problem at once; the upload button is
# named after what it shows (Gradio's own name differs from it, and comes back with every new button); an example's
# picture says nothing that its label does not.
FOR_READERS = """
() => {
  document.querySelector('#answer')?.setAttribute('aria-live', 'polite');
  document.querySelector('#problem')?.setAttribute('role', 'alert');
  const photo = document.querySelector('#photo');
  const rename = () => photo.querySelectorAll('button.upload-container').forEach((button) => {
    if (button.ariaLabel !== button.innerText.trim()) button.ariaLabel = button.innerText.trim();
  });
  new MutationObserver(rename).observe(photo, { childList: true, subtree: true, characterData: true });
  rename();
  document.querySelectorAll('#examples img').forEach((picture) => { picture.ariaHidden = 'true'; });
}
"""

IN_LANGUAGE = """
(language, ...rest) => {
  document.documentElement.lang = language;
  return [language, ...rest];
}
"""

# On a phone the answer lies below the form: bring its first line into sight, and only then.
INTO_SIGHT = """
() => {
  const target = document.querySelector('#problem .note, #answer section.answer');
  const top = target?.getBoundingClientRect().top ?? 0;
  const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
  if (top < 0 || top > innerHeight * 0.6)
    target.closest('#problem, #answer').scrollIntoView({ behavior: still ? 'instant' : 'smooth', block: 'start' });
}
"""


def build_app(api_url: str, *, client: ApiClient | None = None) -> gr.Blocks:
    """The Gradio page that talks to the API at `api_url` and to nothing else.

    Args:
        api_url: where the server answers, for example `http://127.0.0.1:8000`.
        client: the client to use, where the caller wants to close it.
    """
    api = client or ApiClient(api_url)

    async def find(
        designation: str | None,
        description: str | None,
        photo: dict[str, Any] | None,
        language: str,
        served: Served | None,
        request: gr.Request,
    ) -> tuple[str, str, Prediction | None, Any]:
        """Ask the API; a problem is a sentence beside the form and takes the old answer away."""
        texts = texts_in(language)
        path = Path(photo["path"]) if photo else None
        if not (designation or "").strip() and not (description or "").strip() and path is None:
            return problem_html(texts.nothing_given), empty_html(texts), None, gr.skip()
        try:
            asking = api.for_visitor(visitor_of(request))
            prediction = await asking.predict(designation or "", description or "", photo=path)
        except ApiError as error:
            detail = error.detail if isinstance(error, ListingRefused) else ""
            watch = gr.Timer(active=True) if isinstance(error, ApiDown) else gr.skip()
            return problem_html(texts.sentence(error), detail=detail), empty_html(texts), None, watch
        except OSError:
            return problem_html(texts.unreadable_photo), empty_html(texts), None, gr.skip()
        watch = gr.Timer(active=True) if prediction.degraded else gr.skip()
        return "", answer_html(prediction, served, texts), prediction, watch

    async def ask_status(language: str, request: gr.Request) -> tuple[str, Served | None, gr.Timer]:
        """What answers now; the page asks again by itself until something does."""
        try:
            served = await api.for_visitor(visitor_of(request)).served()
        except ApiError:
            served = None
        ready = served is not None and served.ready and not served.down
        return status_html(served, texts_in(language)), served, gr.Timer(active=not ready)

    with gr.Blocks(title="Rayonnage", analytics_enabled=False, delete_cache=(CACHE_S, CACHE_S)) as page:
        language = gr.BrowserState(FRENCH.language, storage_key="rayonnage-language", secret="rayonnage-page")
        served = gr.State(None)
        shown = gr.State(None)
        timer = gr.Timer(ASK_AGAIN_S, active=False)
        texts = FRENCH

        with gr.Row(elem_id="top"):
            header = gr.HTML(header_html(texts))
            switch = gr.Button(texts.switch_language, elem_id="language", size="sm")
        status = gr.HTML(elem_id="status")
        with gr.Row(elem_id="columns"):
            with gr.Column(scale=5, elem_id="form"):
                form_heading = gr.HTML(_heading(texts.form))
                designation = gr.Textbox(
                    label=texts.designation, placeholder=texts.designation_hint, max_lines=3, elem_id="designation"
                )
                description = gr.Textbox(
                    label=texts.description,
                    placeholder=texts.description_hint,
                    lines=3,
                    max_lines=8,
                    elem_id="description",
                )
                photo = gr.Image(
                    label=texts.photo,
                    placeholder=texts.photo_hint,
                    type="filepath",
                    image_mode=None,
                    sources=["upload", "clipboard", "webcam"],
                    buttons=[],
                    height=246,
                    elem_id="photo",
                )
                button = gr.Button(texts.find, variant="primary", elem_id="find")
                problem = gr.HTML(elem_id="problem")
            with gr.Column(scale=7, min_width=300):
                answer = gr.HTML(empty_html(texts), elem_id="answer")
                with gr.Column(elem_id="try"):
                    examples_heading = gr.HTML(_heading(texts.examples))
                    with gr.Row(elem_id="examples"):
                        buttons = [gr.Button(_label(example, texts), icon=example.picture) for example in EXAMPLES]

        quick: dict[str, Any] = {
            "show_progress": "hidden",
            "concurrency_limit": AT_ONCE,
            "api_visibility": "private",
        }
        listing = [designation, description, photo]
        question: dict[str, Any] = {
            "fn": find,
            "inputs": [*listing, language, served],
            "outputs": [problem, answer, shown, timer],
            # The photo goes to the API byte for byte: Gradio neither decodes nor converts it.
            "preprocess": False,
            "show_progress": "minimal",
            "show_progress_on": answer,
            "concurrency_limit": AT_ONCE,
            "api_visibility": "private",
        }
        gr.on([button.click, designation.submit], **question).then(None, js=INTO_SIGHT)
        for example, example_button in zip(EXAMPLES, buttons, strict=True):
            example_button.click(
                lambda example=example: (example.designation, example.description, example.photo),
                outputs=listing,
                **quick,
            ).then(**question).then(None, js=INTO_SIGHT)

        translated = [header, switch, form_heading, designation, description, photo, button, examples_heading, *buttons]

        def translate(
            code: str, served: Served | None, shown: Prediction | None
        ) -> list[str | gr.Component | dict[str, Any]]:
            """Every text of the page in another language; what the seller wrote stays."""
            texts = texts_in(code)
            return [
                header_html(texts),
                texts.switch_language,
                _heading(texts.form),
                gr.update(label=texts.designation, placeholder=texts.designation_hint),
                gr.update(label=texts.description, placeholder=texts.description_hint),
                gr.update(label=texts.photo, placeholder=texts.photo_hint),
                texts.find,
                _heading(texts.examples),
                *(_label(example, texts) for example in EXAMPLES),
                status_html(served, texts),
                answer_html(shown, served, texts) if shown else empty_html(texts),
                "",
            ]

        translation: dict[str, Any] = {
            "fn": translate,
            "inputs": [language, served, shown],
            "outputs": [*translated, status, answer, problem],
            "js": IN_LANGUAGE,
            **quick,
        }
        asked: dict[str, Any] = {"fn": ask_status, "inputs": language, "outputs": [status, served, timer], **quick}
        page.load(None, js=FOR_READERS)
        page.load(**asked).then(**translation)
        timer.tick(**asked)
        switch.click(lambda code: texts_in(code).switch_to, language, language, **quick).then(**translation)

    page.queue(default_concurrency_limit=AT_ONCE, max_size=512)
    return page


def _heading(text: str) -> str:
    return f"<h2>{text}</h2>"


def _label(example: Example, texts: Texts) -> str:
    return example.label_fr if texts.language == "fr" else example.label_en
