"""Every call of our client against a running server: what it takes and gives is what the server gives and takes."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable

import pytest

from ui.client import ApiClient
from ui.error import Conflict, ListingRefused, NotAllowed, NotThere, Refused, SignInNeeded
from ui.record import Listing, Prediction

pytestmark = pytest.mark.e2e

Walk = Callable[[ApiClient], Awaitable[None]]


def walk(url: str, steps: Walk) -> None:
    async def run() -> None:
        async with ApiClient(url) as api:
            await steps(api)

    asyncio.run(run())


async def new_token(api: ApiClient) -> str:
    name, password = f"user-{secrets.token_hex(4)}", secrets.token_urlsafe(12)
    await api.register(name, password)
    return (await api.token(name, password)).access_token


def test_an_account_is_opened_changed_and_left(api_server) -> None:
    async def steps(api: ApiClient) -> None:
        name, password = f"user-{secrets.token_hex(4)}", secrets.token_urlsafe(12)
        assert (await api.register(name, password)).role == "user"
        with pytest.raises(Conflict) as taken:
            await api.register(name, password)
        assert taken.value.field == "username"
        with pytest.raises(Refused) as short:
            await api.register(f"{name}-2", "short")
        assert short.value.field == "password"
        with pytest.raises(SignInNeeded):
            await api.token(name, "something else")
        tokens = await api.refresh((await api.token(name, password)).refresh_token)
        assert (await api.me(token=tokens.access_token)).username == name
        renewed = await api.password(password, f"{password}-2", token=tokens.access_token)
        with pytest.raises(SignInNeeded):
            await api.me(token=tokens.access_token)
        token = renewed.access_token
        key = await api.add_key("night import", token=token)
        assert key.key is not None
        assert [(held.id, held.key) for held in (await api.keys(token=token)).items] == [(key.id, None)]
        await api.revoke_key(key.id, token=token)
        assert (await api.keys(token=token)).items == []
        await api.leave(token=token)
        with pytest.raises(SignInNeeded):
            await api.me(token=token)

    walk(api_server.url, steps)


def test_a_product_goes_its_way(api_server) -> None:
    async def steps(api: ApiClient) -> None:
        token = await new_token(api)
        codes = [category.prdtypecode for category in (await api.served()).categories]
        proposal = await api.proposal(token=token)
        listing = (proposal.designation, proposal.description)
        prediction = await api.predict(*listing, photo=proposal.photo, token=token)
        product = await api.add_product(
            *listing,
            prdtypecode=prediction.prdtypecode,
            photo=proposal.photo,
            prediction_id=prediction.prediction_id,
            token=token,
        )
        assert (product.mine, product.predicted_anew, product.version) == (True, False, prediction.version)
        other = next(code for code in codes if code != product.prdtypecode)
        corrected = await api.correct(product.id, other, token=token)
        assert [given.prdtypecode for given in corrected.history] == [product.prdtypecode, other]
        mine = await api.products(token=token, mine=True, since=product.created_at, prdtypecode=other)
        assert [found.id for found in mine.items] == [product.id]
        assert await api.product(product.id, token=token) == corrected
        if proposal.photo:
            assert (await api.photo(product.id, size=32, token=token)).startswith(b"\xff\xd8")
        sales = await api.recent_sales(token=token, since=product.created_at, limit=10_000)
        assert sales.rows >= 1 and sales.weighted_f1 is not None
        with pytest.raises(ListingRefused) as refusal:
            await api.add_product("piscine", prdtypecode=-5, token=token)
        assert refusal.value.field == "prdtypecode"
        await api.withdraw(product.id, token=token)
        with pytest.raises(NotThere):
            await api.product(product.id, token=token)

    walk(api_server.url, steps)


def test_pages_follow_each_other(api_server) -> None:
    async def steps(api: ApiClient) -> None:
        token = await new_token(api)
        code = (await api.served()).categories[0].prdtypecode
        sold = [(await api.add_product(f"livre {n}", prdtypecode=code, token=token)).id for n in range(3)]
        seen: list[str] = []
        cursor: str | None = None
        while True:
            page = await api.products(token=token, mine=True, limit=2, cursor=cursor)
            seen += [product.id for product in page.items]
            cursor = page.next
            if cursor is None:
                break
        assert seen == sold[::-1]

    walk(api_server.url, steps)


def test_a_batch_is_answered_in_order(api_server) -> None:
    async def steps(api: ApiClient) -> None:
        token = await new_token(api)
        answers = await api.predict_batch([Listing(designation="piscine"), Listing()], token=token)
        assert isinstance(answers[0], Prediction) and isinstance(answers[1], ListingRefused)

    walk(api_server.url, steps)


def test_what_is_for_admins_is_for_admins(api_server) -> None:
    async def steps(api: ApiClient) -> None:
        token = await new_token(api)
        version = (await api.served()).version or ""
        for call in (
            api.models(token=token),
            api.promote(version, token=token),
            api.rollback(token=token),
            api.start_training("small", token=token),
            api.trainings(token=token),
            api.training("0" * 32, token=token),
            api.cancel("0" * 32, token=token),
            api.reset(token=token),
        ):
            with pytest.raises(NotAllowed):
                await call
        admin = (await api.token("admin", api_server.admin_password)).access_token
        models = await api.models(token=admin)
        assert version in [model.version for model in models.items if model.serving]
        assert (await api.promote(version, token=admin)).champion
        assert len((await api.trainings(token=admin, limit=1)).items) <= 1
        for missing in (api.training("0" * 32, token=admin), api.cancel("0" * 32, token=admin)):
            with pytest.raises(NotThere):
                await missing
        with pytest.raises(NotThere):
            await api.promote("20200101-000000-0000", token=admin)

    walk(api_server.url, steps)
