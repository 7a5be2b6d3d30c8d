"""What the tests of loading share: the whole form, and the faults of a text."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from oncall_tui.config.load import load_config
from oncall_tui.config.model import Config
from oncall_tui.domain.errors import ConfigError

FAULT = re.compile(r".+?:\d+(:\d+)?: [^:]+: .+")

FULL = """\
[page]
adapter = "statuspage"
api_url = "https://api.statuspage.io/v1"
public_url = "https://status.example.com"  # optional: for reading back
page_id = "abc123"
token = { env = "STATUSPAGE_TOKEN" }
requests_per_minute = 60
request_timeout = "10s"
quiet_period = "30s"
send_window = "5s"

[[component]]
name = "API"
remote_id = "8kbf7d35c070"

[[probe]]
name = "api-eu"
kind = "http"
url = "https://api.example.com/health"
component = "API"
every = "10s"
timeout = "5s"
runbook = "runbooks/site-down.md"
expect = { status = [200], body_contains = "ok", max_latency = "1s" }

[[probe]]
name = "db"
kind = "tcp"
target = "db.example.com:5432"
component = "API"

[[probe]]
name = "cert"
kind = "tls"
target = "www.example.com:443"
expect = { min_days_left = 14 }

[[probe]]
name = "dns"
kind = "dns"
target = "www.example.com"
record = "A"
resolver = "9.9.9.9"
expect = { contains = "192.0.2.1" }
"""


def load_text(folder: Path, text: str | bytes) -> Config:
    path = folder / "oncall.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return load_config(path)


def faults_of(folder: Path, text: str | bytes) -> list[str]:
    """Returns the faults of a text without the path in front: `line: key: words`."""
    with pytest.raises(ConfigError) as caught:
        load_text(folder, text)
    assert all(FAULT.fullmatch(fault) for fault in caught.value.faults), caught.value.faults
    prefix = f"{folder / 'oncall.toml'}:"
    assert all(fault.startswith(prefix) for fault in caught.value.faults)
    return [fault.removeprefix(prefix) for fault in caught.value.faults]


def probe_text(kind: str, rest: str) -> str:
    return f'[[probe]]\nname = "p"\nkind = "{kind}"\n{rest}\n'
