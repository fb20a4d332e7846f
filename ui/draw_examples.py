"""Turn the drawings of `ui/examples/*.svg` into the small photos that the page's examples send.

Example: .venv/bin/python -m ui.draw_examples --chromium /usr/bin/chromium
"""

import argparse
import io
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

FOLDER = Path(__file__).parent / "examples"


def main() -> None:
    """Write one JPEG beside every SVG."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--chromium", default="/usr/bin/chromium", help="browser that draws")
    arguments = parser.parse_args()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=arguments.chromium, args=["--no-sandbox", "--disable-gpu", "--disable-quic"]
        )
        page = browser.new_page(viewport={"width": 480, "height": 480})
        for drawing in sorted(FOLDER.glob("*.svg")):
            page.set_content(f"<body style='margin:0'>{drawing.read_text()}</body>")
            pixels = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
            pixels.save(drawing.with_suffix(".jpg"), quality=85, optimize=True)
        browser.close()


if __name__ == "__main__":
    main()
