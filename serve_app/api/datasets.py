"""`/datasets`: back to the products of the start."""

from fastapi import APIRouter

from serve_app.api.deps import Admin, BackendDep
from serve_app.api.refusals import refusals
from serve_app.products.record import Reset, ResetDone
from serve_app.products.reset import reset

router = APIRouter(tags=["datasets"])


@router.post("/datasets/reset", responses=refusals(401, 403))
def reset_products(_: Admin, __: Reset, backend: BackendDep) -> ResetDone:
    """Remove all products, after `{"confirm": "reset"}`; a copy stays on the server."""
    return reset(backend.shelf, backend.settings.home)
