"""Draw the page of a running server for the documentation.

Example: .venv/bin/python -m ui.screenshot --url http://127.0.0.1:8000 --out docs/images
"""

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Error, sync_playwright

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture: a screen, a colour scheme, and whether all of the page is shown or what fits."""

    name: str
    width_px: int
    height_px: int
    scheme: str = "light"
    whole: bool = False


EXAMPLE = "Roman d'occasion"
FIRST = Picture("page", 1280, 990)
OTHERS = (
    Picture("page-dark", 1280, 990, "dark"),
    Picture("page-phone", 375, 780, "light", whole=True),
    Picture("page-phone-dark", 375, 780, "dark", whole=True),
)


def main() -> None:
    """Write `page.png`, and with `--all` the page by night and on a phone."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", default="http://127.0.0.1:8000", help="where the page is (`rayonnage demo`)")
    parser.add_argument("--out", type=Path, default=Path("docs/images"), help="folder of the pictures")
    parser.add_argument("--all", action="store_true", help="dark and phone, too")
    parser.add_argument("--chromium", default="/usr/bin/chromium", help="browser that draws")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    try:
        draw(given.url, given.out, [FIRST, *OTHERS] if given.all else [FIRST], chromium=given.chromium)
    except Error as error:
        reason = error.message.splitlines()[0]
        sys.exit(f"Error: {given.url} cannot be drawn ({reason}): does `rayonnage demo` run there?")


def draw(url: str, out: Path, pictures: list[Picture], *, chromium: str) -> None:
    """Open the page, click the example, and keep what is seen."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        for picture in pictures:
            page = browser.new_page(
                locale="fr-FR",
                viewport={"width": picture.width_px, "height": picture.height_px},
                color_scheme="dark" if picture.scheme == "dark" else "light",
                reduced_motion="reduce",
            )
            page.goto(url)
            page.wait_for_selector(".chip.on")
            page.get_by_role("button", name=EXAMPLE, exact=True).click()
            page.wait_for_selector("#answer .best")
            page.wait_for_selector("#photo img")
            page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")
            page.mouse.move(0, 0)
            page.wait_for_timeout(500)  # the browser has drawn the last frame
            page.screenshot(path=out / f"{picture.name}.png", full_page=picture.whole)
            page.close()


if __name__ == "__main__":
    main()
