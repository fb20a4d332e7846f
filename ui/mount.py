"""The page as an ASGI app, for uvicorn or `serve.ingress`."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import gradio as gr
from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles

from ui.app import build_app
from ui.client import ApiClient
from ui.example import FOLDER
from ui.theme import CSS, theme

MAX_FILE_SIZE = "200mb"
"""Of a zip with the photos of a batch. A photo alone may be far smaller: the API says so in its own words."""


def asgi_app(api_url: str, page_secret: str = "") -> FastAPI:
    """The page at `/`, asking the API at `api_url`. One process serves it: Gradio keeps sessions in memory.

    Args:
        page_secret: by which the API knows the page, and counts the requests of each visitor for himself.

    Example:
        uvicorn.run(asgi_app("http://127.0.0.1:8000"), port=7860)
    """
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    client = ApiClient(api_url, page_secret=page_secret)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        await client.close()

    app = FastAPI(lifespan=lifespan, openapi_url=None)
    app.mount("/examples", StaticFiles(directory=FOLDER))
    return gr.mount_gradio_app(
        app,
        build_app(api_url, client=client),
        path="/",
        theme=theme(),
        css_paths=[CSS],
        ssr_mode=False,
        show_error=False,
        max_file_size=MAX_FILE_SIZE,
        allowed_paths=[str(FOLDER)],
        footer_links=[],
        mcp_server=False,
        pwa=False,
        enable_monitoring=False,
    )
