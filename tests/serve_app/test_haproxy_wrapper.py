"""What becomes of the HAProxy configuration that Ray Serve writes."""

import re
from pathlib import Path

import pytest
from ray.serve._private.constants import (
    SERVE_HTTP_REQUEST_DISCONNECT_DISABLED_HEADER,
    SERVE_HTTP_REQUEST_TIMEOUT_S_HEADER,
)
from ray.serve._private.haproxy_templates import HAPROXY_CONFIG_TEMPLATE

from serve_app.haproxy_wrapper import REASONS, SERVE_HEADERS, mend

SERVE_ORDERS = (SERVE_HTTP_REQUEST_DISCONNECT_DISABLED_HEADER, SERVE_HTTP_REQUEST_TIMEOUT_S_HEADER)

CONFIG = """global
    maxconn 4096
defaults
    mode http
    errorfile 503 /tmp/500.http
    balance leastconn
frontend prometheus
    bind :9101
    mode http
frontend http_frontend
    bind 127.0.0.1:8000
    default_backend default_backend
backend default_backend
    http-request return status 404
backend http-api
    log global
backend http-page
    log global
listen stats
  bind *:8404
  stats enable
"""


def test_pages_open_to_every_address_are_left_out(tmp_path: Path) -> None:
    mended = mend(CONFIG, folder=tmp_path, most_requests=320)
    assert [line.strip() for line in mended.splitlines() if "bind" in line] == ["bind 127.0.0.1:8000"]
    assert "balance leastconn" in mended
    assert "http-request return status 404" in mended


def test_haproxys_own_errors_are_json(tmp_path: Path) -> None:
    mended = mend(CONFIG, folder=tmp_path, most_requests=320)
    assert "/tmp/500.http" not in mended
    for status in REASONS:
        answer = (tmp_path / f"{status}.http").read_bytes()
        head, _, body = answer.partition(b"\r\n\r\n")
        assert f"errorfile {status} {tmp_path}" in mended
        assert f"Content-Length: {len(body)}".encode() in head
        assert body.startswith(b'{"detail":')


def test_only_the_api_refuses_what_is_too_much(tmp_path: Path) -> None:
    lines = [line.strip() for line in mend(CONFIG, folder=tmp_path, most_requests=320).splitlines()]
    (refusal,) = [number for number, line in enumerate(lines) if "be_conn gt 320" in line]
    assert lines[refusal - 1] == "backend http-api"


@pytest.mark.parametrize(
    "header",
    ["serve_multiplexed_model_id", "x-session-id", "x_session_id", *(h.lower() for h in SERVE_ORDERS)],
)
def test_headers_by_which_serve_takes_orders_are_left_out(header: str) -> None:
    assert re.match(SERVE_HEADERS, header)


@pytest.mark.parametrize("header", ["x-request-id", "x-api-key", "x-forwarded-for", "x-rayonnage-peer"])
def test_other_headers_pass(header: str) -> None:
    assert not re.match(SERVE_HEADERS, header)


def test_rays_template_still_has_the_sections_that_are_left_out() -> None:
    for section in ("\nfrontend prometheus\n", "\nfrontend http_frontend\n", "\nlisten stats\n", "\ndefaults\n"):
        assert section in HAPROXY_CONFIG_TEMPLATE
