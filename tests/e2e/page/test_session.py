"""What becomes of the tokens that a reader's browser keeps; without a browser, whose storage is scrambled."""

import asyncio
import secrets

import httpx
import pytest

from bench.page_visitor import PageVisitor
from tests.e2e.conftest import PASSWORD, RunningServer

pytestmark = pytest.mark.e2e


async def signed_in_without_a_browser(http: httpx.AsyncClient) -> PageVisitor:
    page = await PageVisitor.open(http)
    page.write("username", f"page-{secrets.token_hex(5)}")
    page.write("password", PASSWORD)
    await page.act("register")
    assert page.read("rayonnage-session"), page.read("sign-in-problem")
    return page


def test_a_token_that_ran_out_is_renewed_without_a_word(server: str) -> None:
    async def visit() -> None:
        async with httpx.AsyncClient(base_url=server, timeout=60) as http:
            page = await signed_in_without_a_browser(http)
            session = page.read("rayonnage-session")
            page.write("rayonnage-session", session | {"access_token": session["access_token"][:-4] + "AAAA"})
            await page.act("propose")
            assert "best" in page.read("answer")
            renewed = page.read("rayonnage-session")
            assert renewed["access_token"].count(".") == 2
            await page.act("sell")
            assert "sold" in page.read("answer")

    asyncio.run(visit())


def test_a_session_that_is_over_says_so_and_is_forgotten(running_server: RunningServer) -> None:
    async def visit() -> None:
        async with httpx.AsyncClient(base_url=running_server.url, timeout=60) as http:
            page = await signed_in_without_a_browser(http)
            token = page.read("rayonnage-session")["access_token"]
            change = {"current_password": PASSWORD, "new_password": PASSWORD[::-1]}
            headers = {"Authorization": f"Bearer {token}"}
            (await http.put("/api/v1/me/password", json=change, headers=headers)).raise_for_status()
            await page.act("propose")
            assert "Votre session est terminée" in page.read("problem")
            assert page.read("rayonnage-session") == {}

    asyncio.run(visit())
