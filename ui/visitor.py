"""Who looks at the page: the address that the API counts requests by."""

import os

import gradio as gr

PEER_HEADER = "x-rayonnage-peer"
"""Set by the server's HAProxy, over whatever a visitor sent; without HAProxy it is a visitor's own word."""


def visitor_of(request: gr.Request) -> str:
    """A visitor's address behind those that proxies gave, as a proxy of our own would write `X-Forwarded-For`.

    The API alone judges which of them to believe.
    """
    peer = request.client.host if request.client else ""
    if os.environ.get("RAY_SERVE_ENABLE_HA_PROXY") == "1":
        peer = request.headers.get(PEER_HEADER, peer)
    forwarded = request.headers.get("x-forwarded-for", "")
    return ", ".join(filter(None, (forwarded, peer)))
