"""`python -m oncall_tui.statuspage`: the page by itself, as a process of its own."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path


def main() -> int:
    """Serves a page, prints one line with the address once it listens, and returns the exit code."""
    from oncall_tui.domain.errors import OncallError
    from oncall_tui.statuspage.pagefile import prepare
    from oncall_tui.statuspage.server import read_clock, serve_file

    parser = argparse.ArgumentParser(prog="python -m oncall_tui.statuspage", description="Serve a status page.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--page-id")
    parser.add_argument("--name")
    parser.add_argument("--component", action="append", default=[])
    parser.add_argument("--requests-per-minute", type=int)
    wanted = parser.parse_args()
    # An argument would show the token to everyone who lists processes.
    token = os.environ.get("STATUSPAGE_TOKEN")
    try:
        identity = prepare(wanted.data, token, wanted.page_id, wanted.name, wanted.component, read_clock())
        serve_file(
            wanted.host,
            wanted.port,
            wanted.data,
            identity.token,
            lambda url: print(url, flush=True),
            requests_per_minute=wanted.requests_per_minute,
        )
    except OncallError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
