"""The page: its frame, its tabs, and what ties them together.

Handlers hold no rights of their own: whatever Gradio lets a stranger call gives no more than the API does.
"""

from pathlib import Path
from typing import Any

import gradio as gr

from ui.account import AccountBar
from ui.client import ApiClient
from ui.error import ApiError, SignInNeeded
from ui.frame import QUICK, REFRESH_SHOWN, SECRET, Frame
from ui.markup.header import header_html, said_html, status_html
from ui.record import Served
from ui.tabs.batch import BatchTab
from ui.tabs.explore import ExploreTab
from ui.tabs.models import ModelsTab
from ui.tabs.sales import SalesTab
from ui.tabs.sell import SellTab
from ui.texts.french import FRENCH
from ui.texts.language import texts_in
from ui.visit import SIGNED_OUT
from ui.words import Words

AT_ONCE = 64
"""Calls of one handler that the page has under way; each only waits for the API."""

WAITING = 512
ASK_AGAIN_S = 4
CACHE_S = 3600
FOR_READERS = Path(__file__).with_name("page.js")

IN_LANGUAGE = """
(language, ...rest) => {
  document.documentElement.lang = language;
  return [language, ...rest];
}
"""


def build_app(api_url: str, *, client: ApiClient | None = None) -> gr.Blocks:
    """The Gradio page that talks to the API at `api_url` and to nothing else.

    Args:
        api_url: where the server answers, for example `http://127.0.0.1:8000`.
        client: the client to use, where the caller wants to close it.
    """
    api = client or ApiClient(api_url)
    words = Words()
    with gr.Blocks(title="Rayonnage", analytics_enabled=False, delete_cache=(CACHE_S, CACHE_S)) as page:
        frame = Frame(
            api=api,
            words=words,
            session=gr.BrowserState(SIGNED_OUT, storage_key="rayonnage-session", secret=SECRET),
            language=gr.BrowserState(FRENCH.language, storage_key="rayonnage-language", secret=SECRET),
            served=gr.State(None),
            watch=gr.Timer(ASK_AGAIN_S, active=False),
        )
        with gr.Row(elem_id="top"):
            frame.heading(header_html)
            with gr.Row(elem_id="tools"):
                account = AccountBar(frame)
                switch = words.say(
                    gr.Button(elem_id="language", size="sm", min_width=0), value=lambda texts: texts.switch_language
                )
        status = gr.HTML(elem_id="status")
        frame.heading(said_html, elem_id="said", visible="hidden")
        account.form()
        with gr.Tabs(selected="sell", elem_id="tabs") as tabs:
            with words.say(gr.Tab(id="sell", elem_id="tab-sell"), label=lambda texts: texts.selling.tab) as sell_tab:
                sell = SellTab(frame)
            with words.say(gr.Tab(id="try", elem_id="tab-try"), label=lambda texts: texts.exploring.tab):
                ExploreTab(frame, sell, tabs)
            with words.say(gr.Tab(id="sales", elem_id="tab-sales"), label=lambda texts: texts.sales.tab) as sales_tab:
                sales = SalesTab(frame)
            with words.say(gr.Tab(id="batch", elem_id="tab-batch"), label=lambda texts: texts.batch.tab):
                BatchTab(frame)
            with words.say(
                gr.Tab(id="models", elem_id="tab-models", visible=False), label=lambda texts: texts.models.tab
            ) as models_tab:
                models = ModelsTab(frame)

        async def ask_status(session: object, language: object, request: gr.Request) -> tuple[Any, ...]:
            """What answers now, and who asks; the page asks again by itself until something does."""
            visit = frame.visit(session, language, request)
            served: Served | None = None
            try:
                served = await visit.api.served()
                if visit.session is not None:
                    account_now = await visit.ask(lambda token: visit.api.me(token=token))
                    visit.session = visit.session.model_copy(update={"role": account_now.role})
            except SignInNeeded:
                pass  # the session is over, and goes with what the browser keeps
            except ApiError:
                served = None
            ready = served is not None and served.ready and not served.down
            return visit.stored, status_html(served, visit.texts), served, gr.Timer(active=not ready)

        def show_account(
            session: object, language: object, served: Served | None, request: gr.Request
        ) -> tuple[Any, ...]:
            """The bar and the tabs for whoever is signed in."""
            visit = frame.visit(session, language, request)
            is_admin = visit.session is not None and visit.session.role == "admin"
            return gr.update(visible=is_admin), *account.shown(visit, served)

        def translate(language: object, served: Served | None) -> list[Any]:
            """Every text of the page in another language; what the seller wrote stays."""
            texts = texts_in(language)
            return [*words.in_language(texts), status_html(served, texts)]

        def translate_loaded(language: object, served: Served | None) -> list[Any]:
            """As `translate`, where the page does not come in the reader's language already."""
            if texts_in(language) is FRENCH:
                return [gr.skip()] * len(words.parts) + [status_html(served, FRENCH)]
            return translate(language, served)

        def other_language(language: object) -> str:
            return texts_in(language).switch_to

        asking: dict[str, Any] = {
            "fn": ask_status,
            "inputs": frame.who,
            "outputs": [frame.session, status, frame.served, frame.watch],
            **QUICK,
        }
        showing: dict[str, Any] = {
            "fn": show_account,
            "inputs": [*frame.who, frame.served],
            "outputs": [models_tab, *account.outputs],
            **QUICK,
        }
        translating: dict[str, Any] = {
            "fn": translate,
            "inputs": [frame.language, frame.served],
            "outputs": [*words.parts, status],
            "js": IN_LANGUAGE,
            **QUICK,
        }
        page.load(None, js=FOR_READERS.read_text(encoding="utf-8"))
        sell.write_again(page.load)
        # What is in sight loads with the session, which changes when the browser has read it.
        page.load(**asking).then(**{**translating, "fn": translate_loaded}).then(**showing)
        frame.watch.tick(**asking)
        switch.click(other_language, frame.language, frame.language, **QUICK).then(**translating).then(
            **sell.translated
        ).then(**showing).then(None, js=REFRESH_SHOWN)
        frame.session.change(**showing).then(None, js=REFRESH_SHOWN)
        sell_tab.select(**sell.own.loading)
        sales_tab.select(**sales.loading)
        models_tab.select(**models.loading)

    page.queue(default_concurrency_limit=AT_ONCE, max_size=WAITING)
    return page
