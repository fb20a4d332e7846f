"""What handlers need, by type."""

import time
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Request

from serve_app.prediction import PredictionService


def _service(request: Request) -> PredictionService:
    return request.app.state.service


async def _started() -> AsyncIterator[float]:
    yield time.perf_counter()


Service = Annotated[PredictionService, Depends(_service)]
Started = Annotated[float, Depends(_started)]
