"""The top of the page: what it is, whether the model answers, and who is signed in."""

from html import escape

from ui.record import Served
from ui.texts.shape import Texts
from ui.visit import Session


def header_html(texts: Texts) -> str:
    """The title and the one sentence that says what the page is for."""
    logo = (
        '<svg class="logo" viewBox="0 0 40 40" aria-hidden="true"><rect width="40" height="40" rx="10"/>'
        '<path d="M8 19h24M8 31h24"/>'
        '<g><rect x="10" y="9" width="4" height="10"/><rect x="15" y="11" width="4" height="8"/>'
        '<rect class="on" x="23" y="8" width="7" height="11"/><rect x="10" y="23" width="8" height="8"/>'
        '<rect x="21" y="21" width="4" height="10"/><rect x="26" y="24" width="4" height="7"/></g></svg>'
    )
    return f'<div class="brand">{logo}<h1>Rayonnage</h1></div><p class="tagline">{escape(texts.tagline)}</p>'


def status_html(served: Served | None, texts: Texts) -> str:
    """Whether the model answers, and what it was trained on where that is synthetic."""
    if served is None or not served.ready:
        return f'<div class="status"><p class="chip wait">{escape(texts.not_ready)}</p></div>'
    if served.down:
        return f'<div class="status"><p class="chip wait">{escape(texts.partly_down[served.down[0]])}</p></div>'
    both = {"text", "image"} <= set(served.modalities)
    one = texts.photo_only if served.modalities == ["image"] else texts.text_only
    ready = texts.ready.format(categories=len(served.categories), modalities=texts.both_modalities if both else one)
    synthetic = f'<p class="chip demo">{escape(texts.synthetic)}</p>' if served.synthetic else ""
    return f'<div class="status"><p class="chip on">{escape(ready)}</p>{synthetic}</div>'


def said_html(texts: Texts) -> str:
    """Sentences for what Gradio says by itself; the page's script puts them in."""
    lost, wait, more = (escape(text) for text in (texts.lost, texts.not_ready, texts.more_tabs))
    return f'<span data-lost="{lost}" data-wait="{wait}" data-more="{more}"></span>'


def account_html(session: Session | None, texts: Texts) -> str:
    """Who is signed in; nothing for a stranger."""
    if session is None:
        return ""
    name = escape(texts.account.signed_in_as.format(name=session.username))
    admin = f' <span class="badge">{escape(texts.account.admin)}</span>' if session.role == "admin" else ""
    return f'<p class="who">{name}{admin}</p>'
