"""Small photos of products, fetched in the name of whoever looks."""

import asyncio
from collections.abc import Sequence

from ui.error import ApiError
from ui.record import Product
from ui.visit import Visit

SIZE_PX = 96
AT_ONCE = 4


async def thumbnails(visit: Visit, products: Sequence[Product]) -> dict[str, bytes]:
    """JPEGs by the product's id; a photo that cannot be had is left out.

    Raises:
        SignInNeeded: nobody signed in.
    """
    room = asyncio.Semaphore(AT_ONCE)

    async def fetch(product: Product) -> tuple[str, bytes | None]:
        async with room:
            try:
                return product.id, await visit.ask(lambda token: visit.api.photo(product.id, size=SIZE_PX, token=token))
            except ApiError:
                return product.id, None

    fetched = await asyncio.gather(*(fetch(product) for product in products if product.photo))
    return {product_id: jpeg for product_id, jpeg in fetched if jpeg}
