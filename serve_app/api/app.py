"""Builds the ASGI app of the API: routers, error answers, and what happens to every request."""

from fastapi import FastAPI
from fastapi_offline import FastAPIOffline
from starlette.middleware.cors import CORSMiddleware

from serve_app.api import (
    batch_file,
    datasets,
    health,
    keys,
    models,
    predict,
    products,
    recent_sales,
    token,
    trainings,
    users,
)
from serve_app.api.error_answer import add_error_answers
from serve_app.api.middleware.body_limit import BodyLimit
from serve_app.api.middleware.count_requests import CountRequests
from serve_app.api.middleware.head_requests import HeadRequests
from serve_app.api.middleware.proxy_prefix import ProxyPrefix
from serve_app.backend import Backend
from serve_app.body import FORM_OVERHEAD_BYTES
from serve_app.listing_file import MOST_BYTES

PREFIX = "/api/v1"
DAY_S = 86_400


def build_app(backend: Backend) -> FastAPI:
    """The API, answering from `backend`; Ray Serve mounts it at `PREFIX`."""
    # The offline variant brings Swagger's files along: the documentation works without the internet.
    app = FastAPIOffline(
        title="Rayonnage",
        description="Puts every product on the right shelf, from its title, description and photo.",
        version="1",
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.backend = backend
    for resource in (
        token,
        users,
        keys,
        predict,
        batch_file,
        products,
        recent_sales,
        datasets,
        models,
        trainings,
        health,
    ):
        app.include_router(resource.router)
    add_error_answers(app)
    _add_middleware(app, backend)
    app.openapi()  # it is kept; making it takes longer than an event loop may be busy
    return app


def _add_middleware(app: FastAPI, backend: Backend) -> None:
    """What is added last meets a request first."""
    settings, limits = backend.settings, backend.predictions.limits
    listing, batch = limits.listing_max_bytes, limits.batch_max_bytes
    large = {"/predict": listing, "/products": listing, "/predict/batch": batch}
    large["/predict/batch/read"] = MOST_BYTES + FORM_OVERHEAD_BYTES
    app.add_middleware(BodyLimit, bytes_by_path=large)
    if settings.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=[origin.strip() for origin in settings.cors_origins.split(",")],
            allow_methods=["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"],
            allow_headers=["Authorization", "Content-Type", "Idempotency-Key", "X-API-Key"],
            expose_headers=["ETag", "Idempotency-Replayed", "Retry-After"],
            max_age=DAY_S,
        )
    app.add_middleware(CountRequests, metrics=backend.predictions.metrics)
    app.add_middleware(HeadRequests)
    app.add_middleware(ProxyPrefix, root_path=settings.root_path, proxies=backend.proxies)
