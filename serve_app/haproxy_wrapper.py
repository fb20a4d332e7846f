"""Stands in for HAProxy's binary when Ray Serve starts it: mends the configuration, then becomes HAProxy.

Ray's template opens a statistics page and a metrics page to every address, on ports that all instances on a machine
share; our own `/metrics` has those figures, so both are left out. Errors that HAProxy answers by itself become the
API's JSON, and replicas learn whose request it is from a header, because what they see is HAProxy alone.
"""

import os
import sys
from pathlib import Path

BINARY_VARIABLE = "RAYONNAGE_HAPROXY"
PEER_HEADER = "X-Rayonnage-Peer"
OPEN_SECTIONS = ("frontend prometheus", "listen stats")
REASONS = {
    400: ("Bad Request", "the request is not valid HTTP"),
    408: ("Request Timeout", "the request took too long to arrive"),
    500: ("Internal Server Error", "the server failed on this request"),
    502: ("Bad Gateway", "the server broke off: try again"),
    503: ("Service Unavailable", "the server is starting or overloaded: try again"),
    504: ("Gateway Timeout", "the server took too long: try again"),
}


def mend(config: str, *, folder: Path) -> str:
    """The configuration without its open sections, and with our error answers.

    Args:
        folder: where the error answers are written.
    """
    kept: list[str] = []
    leaving_out = False
    for line in config.splitlines():
        if line and not line[0].isspace():
            leaving_out = line.startswith(OPEN_SECTIONS)
        if not leaving_out and not line.lstrip().startswith("errorfile "):
            kept.append(line)
        if line.startswith("frontend http_frontend"):
            kept.append(f"    http-request set-header {PEER_HEADER} %[src]")  # over whatever the client sent
        if line.startswith("defaults"):
            kept += [f"    errorfile {status} {write_error(status, folder)}" for status in REASONS]
    return "\n".join(kept) + "\n"


def write_error(status: int, folder: Path) -> Path:
    """HAProxy's answer for a status, as a file that holds the whole HTTP response."""
    title, detail = REASONS[status]
    body = f'{{"detail":"{detail}"}}'
    head = [f"HTTP/1.1 {status} {title}", "Content-Type: application/json", f"Content-Length: {len(body)}"]
    if status == 503:
        head.append("Retry-After: 1")
    file = folder / f"{status}.http"
    file.write_text("\r\n".join([*head, "Cache-Control: no-store", "Connection: close", "", body]), newline="")
    return file


def main() -> None:
    arguments = sys.argv[1:]
    if "-f" in arguments:
        config = Path(arguments[arguments.index("-f") + 1])
        config.write_text(mend(config.read_text(), folder=config.parent))
    binary = os.environ[BINARY_VARIABLE]
    os.execv(binary, [binary, *arguments])


if __name__ == "__main__":
    main()
