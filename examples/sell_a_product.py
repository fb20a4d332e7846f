"""Walks a seller's way through the HTTP API, and tells each step.

Example:
    make demo                                       # in another terminal
    .venv/bin/python examples/sell_a_product.py
"""

import asyncio
import secrets
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from ui.client import ApiClient
from ui.error import ApiDown, ApiError, NotAllowed
from ui.record import Prediction, Product, Proposal
from ui.sales_record import RecentSales


def main(url: Annotated[str, typer.Option(help="where the server answers")] = "http://127.0.0.1:8000") -> None:
    """Register, take a listing, see where it belongs, put it there, correct it, and look at the scores.

    Example: python examples/sell_a_product.py --url http://127.0.0.1:8000
    """
    try:
        asyncio.run(walk(url, Console(highlight=False)))
    except ApiError as error:
        line = str(error)
        if isinstance(error, ApiDown):
            line = f"nobody answers at {url}: start a server with `make demo`, or name another one with --url"
        elif isinstance(error, NotAllowed):
            line += " (`rayonnage demo` lets anyone register)"
        typer.echo(f"Error: {line}", err=True)
        raise typer.Exit(error.exit_code) from None


async def walk(url: str, console: Console) -> None:
    """The nine steps, in their order."""
    step = Steps(console)
    username, password = f"seller-{secrets.token_hex(4)}", secrets.token_urlsafe(12)
    async with ApiClient(url) as api:
        served = await api.served()
        step(
            "GET /predict",
            f"Model {served.version} knows {len(served.categories)} shelves, by {' and '.join(served.modalities)}.",
        )
        account = await api.register(username, password)
        step("POST /users", f"Registered as {account.username}, with a password that nobody will see.")
        tokens = await api.token(username, password)
        step("POST /token", f"Signed in: the token holds for {tokens.expires_in // 60} minutes.")
        token = tokens.access_token
        proposal = await api.proposal(token=token)
        step("GET /products/proposal", f"A listing to try: {told(proposal)}")
        prediction = await api.predict(
            proposal.designation, proposal.description, photo=proposal.photo, top_k=3, token=token
        )
        step("POST /predict", *ranking(prediction))
        product = await api.add_product(
            proposal.designation,
            proposal.description,
            prdtypecode=prediction.prdtypecode,
            photo=proposal.photo,
            prediction_id=prediction.prediction_id,
            token=token,
        )
        step("POST /products", f"Product {product.id} stands on its shelf: {shelf(product)}.")
        for category in reversed(prediction.categories[:2]):
            product = await api.correct(product.id, category.prdtypecode, token=token)
        step("PATCH /products/{id}", f"Tried on another shelf, and put back: {history(product)}.")
        sales = await api.recent_sales(token=token)
        step("GET /metrics/recent-sales", *scores(sales))
        await api.leave(token=token)
        step("DELETE /me", f"{username} has left; the product stays.")


class Steps:
    """Prints steps with their numbers."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._number = 0

    def __call__(self, call: str, *lines: str) -> None:
        self._number += 1
        self._console.print(f"\n[bold]{self._number}. {escape(call)}[/bold]")
        for line in lines:
            self._console.print(f"   {escape(line)}", soft_wrap=True)


def told(proposal: Proposal) -> str:
    photo = f"with a photo of {len(proposal.photo):,} bytes" if proposal.photo else "without a photo"
    return f"“{proposal.designation or '(no title)'}”, {photo}."


def ranking(prediction: Prediction) -> list[str]:
    shelves = [
        f"{category.probability:6.1%}  {category.name_en} ({category.prdtypecode})"
        for category in prediction.categories
    ]
    return [f"Answered in {prediction.elapsed_ms:.0f} ms:", *shelves]


def shelf(product: Product) -> str:
    agreed = "as predicted" if product.prdtypecode == product.predicted_prdtypecode else "against the prediction"
    return f"{product.name_en} ({product.prdtypecode}), {agreed}"


def history(product: Product) -> str:
    return " → ".join(str(given.prdtypecode) for given in product.history)


def scores(sales: RecentSales) -> list[str]:
    if sales.weighted_f1 is None or sales.interval is None:
        return ["No sales yet, so no scores."]
    low, high = sales.interval
    sure = sales.coverage
    rows = f"{sales.rows:,} recent sale{'s' if sales.rows > 1 else ''}"
    return [
        f"Over {rows}: weighted F1 {sales.weighted_f1:.3f} (95 %: {low:.3f} to {high:.3f}).",
        f"Sellers kept {sales.acceptance.rate or 0:.0%} of the proposals; "
        f"{sure.share or 0:.0%} came with at least {sure.threshold:.0%} confidence.",
    ]


if __name__ == "__main__":
    typer.run(main)
