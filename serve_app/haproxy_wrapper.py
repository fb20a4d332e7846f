"""Stands in for HAProxy's binary when Ray Serve starts it: mends the configuration, then becomes HAProxy.

Ray's template opens a statistics page and a metrics page to every address, on ports that all instances on a machine
share; our own `/metrics` has those figures, so both are left out. Errors that HAProxy answers by itself become the
API's JSON, and replicas learn whose request it is from a header, because what they see is HAProxy alone. What would
stop a replica is stopped here: more requests than it can refuse in time, and headers that Serve trips over or takes
orders from.
"""

import os
import sys
from pathlib import Path

BINARY_VARIABLE = "RAYONNAGE_HAPROXY"
MOST_REQUESTS_VARIABLE = "RAYONNAGE_HAPROXY_MOST_REQUESTS"
PEER_HEADER = "X-Rayonnage-Peer"
API_BACKEND = "backend http-api"
OPEN_SECTIONS = ("frontend prometheus", "listen stats")
REASONS = {
    400: ("Bad Request", "the request is not valid HTTP"),
    405: ("Method Not Allowed", "the method is none of this server"),
    408: ("Request Timeout", "the request took too long to arrive"),
    500: ("Internal Server Error", "the server failed on this request"),
    502: ("Bad Gateway", "the server broke off: try again"),
    503: ("Service Unavailable", "the server is starting or overloaded: try again"),
    504: ("Gateway Timeout", "the server took too long: try again"),
}
HEADER_S = 30
"""Whoever takes longer to send the head of a request is not waited for."""

SERVE_HEADERS = r"^(serve|x)[-_](multiplexed[-_]model[-_]id|session[-_]id|request[-_](timeout|disconnect)[-_].*)$"
"""By these a client could tell Serve not to notice that it hangs up; and what is no UTF-8 there, Serve fails on."""

FRONTEND = (
    f"http-request set-header {PEER_HEADER} %[src]",  # over whatever the client sent
    f"http-request del-header {SERVE_HEADERS} -m reg",
    "http-request del-header x-request-id unless { req.hdr(x-request-id) -m reg ^[!-~]{1,200}$ }",
    "http-request deny deny_status 405 unless { method GET HEAD POST PUT PATCH DELETE OPTIONS TRACE CONNECT QUERY }",
)


def mend(config: str, *, folder: Path, most_requests: int) -> str:
    """The configuration without its open sections, and with our limits and error answers.

    Args:
        folder: where the error answers are written.
        most_requests: to the API at one time; more get 503 at once, but for those who ask how the server is.
    """
    full = (
        f"http-request deny deny_status 503 if {{ be_conn gt {most_requests} }} !{{ path_end /health /ready /metrics }}"
    )
    kept: list[str] = []
    leaving_out = False
    for line in config.splitlines():
        if line and not line[0].isspace():
            leaving_out = line.startswith(OPEN_SECTIONS)
        if not leaving_out and not line.lstrip().startswith("errorfile "):
            kept.append(line)
        if line.startswith("defaults"):
            kept += [f"    errorfile {status} {write_error(status, folder)}" for status in REASONS]
            kept.append(f"    timeout http-request {HEADER_S}s")
        if line.startswith("frontend http_frontend"):
            kept += [f"    {rule}" for rule in FRONTEND]
        if line == API_BACKEND:
            kept.append(f"    {full}")
    return "\n".join(kept) + "\n"


def write_error(status: int, folder: Path) -> Path:
    """HAProxy's answer for a status, as a file that holds the whole HTTP response."""
    title, detail = REASONS[status]
    body = f'{{"detail":"{detail}"}}'
    head = [f"HTTP/1.1 {status} {title}", "Content-Type: application/json", f"Content-Length: {len(body)}"]
    if status == 405:
        head.append("Allow: GET, HEAD, POST, PUT, PATCH, DELETE")
    if status == 503:
        head.append("Retry-After: 1")
    file = folder / f"{status}.http"
    file.write_text("\r\n".join([*head, "Cache-Control: no-store", "Connection: close", "", body]), newline="")
    return file


def main() -> None:
    arguments = sys.argv[1:]
    if "-f" in arguments:
        config = Path(arguments[arguments.index("-f") + 1])
        most_requests = int(os.environ[MOST_REQUESTS_VARIABLE])
        config.write_text(mend(config.read_text(), folder=config.parent, most_requests=most_requests))
    binary = os.environ[BINARY_VARIABLE]
    os.execv(binary, [binary, *arguments])


if __name__ == "__main__":
    main()
