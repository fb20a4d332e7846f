"""`/health`, `/ready` and `/metrics`: for those who keep the server running."""

import asyncio

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST

from serve_app.answer import Liveness, Readiness
from serve_app.api.deps import Service

router = APIRouter(tags=["operation"])


@router.get("/health")
async def health() -> Liveness:
    """The process answers."""
    return Liveness()


@router.get("/ready", response_model=Readiness, responses={503: {"model": Readiness}})
async def ready(service: Service, response: Response) -> Readiness:
    """Listings are answered; 503 until every model has been up, and whenever none is."""
    if not service.ready:
        response.status_code = 503
        response.headers["Retry-After"] = "1"
    return Readiness(ready=service.ready, version=service.manifest.version, down=service.down)


@router.get("/metrics", response_class=Response)
async def metrics(service: Service) -> Response:
    """Prometheus metrics, summed over all replicas of the router."""
    for modality, client in service.clients.items():
        service.metrics.waiting.labels(modality).set(len(client.queue))
        service.metrics.up.labels(modality).set(client.state == "up")
    text = await asyncio.to_thread(service.metrics.text)
    return Response(text, media_type=CONTENT_TYPE_LATEST)
