"""The real program in a process of its own, with a database and a config in a folder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CONFIG = """
[[component]]
name = "API"
[[component]]
name = "Web [beta]"
[[probe]]
name = "gone"
kind = "tcp"
target = "127.0.0.1:1"
component = "API"
every = "1s"
"""


@dataclass(frozen=True)
class Answer:
    status: int
    out: str
    err: str

    def json(self) -> object:
        return json.loads(self.out)

    def rows(self) -> list[dict[str, Any]]:
        rows = self.json()
        assert isinstance(rows, list)
        return rows

    def shape(self) -> dict[str, Any]:
        shape = self.json()
        assert isinstance(shape, dict)
        return shape


@dataclass(frozen=True)
class Program:
    """Runs `oncall-tui` in a folder of its own."""

    folder: Path

    def env(self, **more: str) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("ONCALL_", "STATUSPAGE_"))}
        return {
            **kept,
            "HOME": str(self.folder),
            "XDG_STATE_HOME": str(self.folder / "state"),
            "XDG_CONFIG_HOME": str(self.folder / "config"),
            "ONCALL_TUI_DB": str(self.folder / "oncall.db"),
            "ONCALL_TUI_ACTOR": "tester@here",
            **more,
        }

    def command(self, *arguments: str | bytes) -> list[str | bytes]:
        return [sys.executable, "-P", "-m", "oncall_tui", *arguments]

    def run(self, *arguments: str | bytes, stdin: bytes = b"", **env: str) -> Answer:
        done = subprocess.run(
            self.command(*arguments),
            cwd=self.folder,
            env=self.env(**env),
            input=stdin,
            capture_output=True,
            timeout=60,
            check=False,
        )
        assert b"Traceback" not in done.stderr, done.stderr.decode(errors="replace")
        return Answer(done.returncode, done.stdout.decode(), done.stderr.decode())

    def write_config(self, text: str = CONFIG) -> Path:
        path = self.folder / "oncall.toml"
        path.write_text(text, encoding="utf-8")
        return path
