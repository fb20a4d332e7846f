"""What README and examples tell others to do works as it stands there."""

import json
import re
import secrets
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from PIL import Image

pytestmark = pytest.mark.e2e

REPOSITORY = Path(__file__).parent.parent.parent
EXAMPLE = REPOSITORY / "examples" / "sell_a_product.py"


def readme_blocks(language: str) -> list[str]:
    """The fenced blocks of a language in the part for services."""
    text = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    part = text.partition("## For services")[2].partition("\n## ")[0]
    return re.findall(rf"^```{language}\n(.*?)^```$", part, re.MULTILINE | re.DOTALL)


def run_block(block: str, command: list[str], *, url: str, folder: Path) -> str:
    """Run a block against a server, by new users; its standard output."""
    block = block.replace("http://127.0.0.1:8000", url)
    for name in ("anne", "bruno"):
        block = block.replace(name, f"{name}-{secrets.token_hex(4)}")
    if not (folder / "photo.jpg").exists():
        Image.new("RGB", (64, 48), "deepskyblue").save(folder / "photo.jpg")
    done = subprocess.run([*command, block], cwd=folder, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def documents(text: str) -> list[dict]:
    """The JSON documents that stand one after the other in a text."""
    found, decoder = [], json.JSONDecoder()
    while text := text.strip():
        document, end = decoder.raw_decode(text)
        found.append(document)
        text = text[end:]
    return found


def test_the_curl_lines_of_the_readme_work(api_server, tmp_path: Path) -> None:
    predicting, selling = readme_blocks("bash")

    pump, lamp = documents(run_block(predicting, ["bash", "-euc"], url=api_server.url, folder=tmp_path))
    assert (pump["absent"], lamp["absent"]) == (["image"], [])

    account, proposal, product, sales, key = documents(
        run_block(selling, ["bash", "-euc"], url=api_server.url, folder=tmp_path)
    )
    assert account["role"] == "user"
    assert proposal["designation"] or proposal["image_base64"]
    assert (product["prdtypecode"], product["mine"], bool(product["photo"])) == (2583, True, True)
    assert sales["rows"] >= 1
    served = httpx.get(f"{api_server.api}/products/{product['id']}", headers={"X-API-Key": key["key"]})
    assert served.json()["designation"] == "Piscine tubulaire ronde 3 m"


def test_the_python_lines_of_the_readme_work_without_our_packages(api_server, tmp_path: Path) -> None:
    (block,) = readme_blocks("python")
    assert len([line for line in block.splitlines() if line.strip()]) <= 16
    out = run_block(block, [sys.executable, "-I", "-c"], url=api_server.url, folder=tmp_path)
    product_id, *_, weighted_f1 = out.split()
    assert re.fullmatch("[0-9a-f]{32}", product_id)
    assert 0 <= float(weighted_f1) <= 1


def test_the_example_walks_a_sellers_way_and_tells_each_step(api_server) -> None:
    done = subprocess.run(
        [sys.executable, EXAMPLE, "--url", api_server.url], capture_output=True, text=True, timeout=60, cwd=REPOSITORY
    )
    assert done.returncode == 0, done.stderr
    calls = ["POST /users", "POST /token", "GET /products/proposal", "POST /predict", "POST /products", "PATCH"]
    places = [done.stdout.index(call) for call in [*calls, "GET /metrics/recent-sales", "DELETE /me"]]
    assert places == sorted(places)
    assert re.search(r"Over [\d,]+ recent sales?: weighted F1 [01]\.\d{3}", done.stdout)


def test_the_example_says_in_one_line_that_nobody_answers() -> None:
    done = subprocess.run(
        [sys.executable, EXAMPLE, "--url", "http://127.0.0.1:9"], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 1
    assert done.stderr.strip().splitlines() == [
        "Error: nobody answers at http://127.0.0.1:9: start a server with `make demo`, or name another one with --url"
    ]
    assert done.stdout == ""


def test_the_example_has_help() -> None:
    done = subprocess.run([sys.executable, EXAMPLE, "--help"], capture_output=True, text=True, timeout=60)
    assert (done.returncode, "--url" in done.stdout, "Example:" in done.stdout) == (0, True, True)
