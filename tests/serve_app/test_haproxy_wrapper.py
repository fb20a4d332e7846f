"""What becomes of the HAProxy configuration that Ray Serve writes."""

from pathlib import Path

from ray.serve._private.haproxy_templates import HAPROXY_CONFIG_TEMPLATE

from serve_app.haproxy_wrapper import REASONS, mend

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
listen stats
  bind *:8404
  stats enable
"""


def test_pages_open_to_every_address_are_left_out(tmp_path: Path) -> None:
    mended = mend(CONFIG, folder=tmp_path)
    assert [line.strip() for line in mended.splitlines() if "bind" in line] == ["bind 127.0.0.1:8000"]
    assert "balance leastconn" in mended
    assert "http-request return status 404" in mended


def test_haproxys_own_errors_are_json(tmp_path: Path) -> None:
    mended = mend(CONFIG, folder=tmp_path)
    assert "/tmp/500.http" not in mended
    for status in REASONS:
        answer = (tmp_path / f"{status}.http").read_bytes()
        head, _, body = answer.partition(b"\r\n\r\n")
        assert f"errorfile {status} {tmp_path}" in mended
        assert f"Content-Length: {len(body)}".encode() in head
        assert body.startswith(b'{"detail":')


def test_rays_template_still_has_the_sections_that_are_left_out() -> None:
    for section in ("\nfrontend prometheus\n", "\nlisten stats\n", "\ndefaults\n"):
        assert section in HAPROXY_CONFIG_TEMPLATE
