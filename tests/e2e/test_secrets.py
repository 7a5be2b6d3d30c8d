"""A whole run with a token from each source, on a page that quotes it back: it stands in no file, stream or screen."""

from __future__ import annotations

import base64
import os
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import quote

import pytest
from tests.e2e.strangerpage import COMPONENTS, PAGE_ID, StrangerPage
from tests.e2e.world import PROGRAM, wait_until
from tests.pace import PATIENCE_S
from tests.ptyscreen import PtyScreen


def make_token() -> str:
    """A token that no encoding leaves as it is."""
    return f"t+/{secrets.token_urlsafe(24)}%=&"


def list_needles(token: str) -> Iterator[bytes]:
    """Yields the forms in which a token could be met again, whole or by its middle."""
    middle = token[4:20]
    yield from (token.encode(), quote(token).encode(), quote(token, safe="").encode(), token.encode().hex().encode())
    yield middle.encode()
    for before in ("", "a", "ab"):
        encoded = base64.b64encode(f"{before}{middle}".encode())
        # What the neighbours have no part in.
        yield encoded[4:-4]
        yield base64.urlsafe_b64encode(f"{before}{middle}".encode())[4:-4]


@dataclass
class Run:
    """The program on a page that quotes the token, and all that the program has said."""

    folder: Path
    page: StrangerPage
    source: str
    token: str
    used: list[str] = field(default_factory=list)
    said: list[bytes] = field(default_factory=list)
    env: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        home = self.folder / "world"
        home.mkdir()
        secret = self.folder / "secret"
        secret.touch(mode=0o600)
        self.set_token(self.token)
        cat = shutil.which("cat") or "cat"
        token = {
            "env": '{ env = "STATUSPAGE_TOKEN" }',
            "file": f'{{ file = "{secret}" }}',
            "command": f'{{ command = ["{cat}", "{secret}"] }}',
        }[self.source]
        (home / "oncall.toml").write_text(
            f'[page]\nadapter = "statuspage"\napi_url = "{self.page.url}/v1"\npublic_url = "{self.page.url}"\n'
            f'page_id = "{PAGE_ID}"\ntoken = {token}\nrequests_per_minute = 6000\nrequest_timeout = "1s"\n'
            'quiet_period = "1s"\nsend_window = "1s"\n' + "".join(f'[[component]]\nname = "{n}"\n' for n in COMPONENTS)
        )
        self.env = {
            **os.environ,
            "HOME": str(home),
            "XDG_STATE_HOME": str(home / "state"),
            "XDG_CACHE_HOME": str(home / "cache"),
            "XDG_DATA_HOME": str(home / "data"),
            "ONCALL_TUI_DB": str(home / "oncall.db"),
            "ONCALL_TUI_CONFIG": str(home / "oncall.toml"),
        }
        if self.source == "env":
            self.env["STATUSPAGE_TOKEN"] = self.token

    def set_token(self, token: str) -> None:
        """The page knows this token from now on, and so does whoever keeps it for us."""
        self.used.append(token)
        self.page.token = self.token = token
        (self.folder / "secret").write_text(f"{token}\n")

    def call(self, *arguments: str) -> str:
        done = subprocess.run(
            [*PROGRAM, *arguments], env=self.env, capture_output=True, timeout=60, check=False, stdin=subprocess.DEVNULL
        )
        self.said += [done.stdout, done.stderr]
        return done.stdout.decode()

    def list_told(self) -> list[str]:
        return [body for updates in self.page.list_ours().values() for _, body in updates]

    def find_traces(self) -> list[str]:
        """Returns where a token was met again."""
        places = {f"output {number}": said for number, said in enumerate(self.said)}
        for file in (self.folder / "world").rglob("*"):
            if file.is_file():
                places[file.name] = file.read_bytes()
        needles = [needle for token in self.used for needle in list_needles(token)]
        return [f"{where}: {needle!r}" for where, said in places.items() for needle in needles if needle in said]


@pytest.mark.parametrize("source", ["env", "file", "command"])
def test_the_token_is_nowhere_after_a_whole_run(source: str, tmp_path: Path) -> None:
    with StrangerPage(3) as page:
        page.traits = replace(page.traits, lag_s=0.0, skew_s=0)
        run = Run(tmp_path, page, source, make_token())
        faults = ["500_before"]
        page.draw_fault = lambda is_write: faults.pop() if faults and not is_write else None  # type: ignore[method-assign]
        engine = subprocess.Popen(
            [*PROGRAM, "agent", "--stay"], env=run.env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        try:
            with PtyScreen([*PROGRAM], env=run.env) as terminal:
                terminal.wait_for("Incidents")
                words = ("--component", "API=major_outage", "--message", "First.")
                run.call("incident", "open", "--title", "T", *words, "--json")
                wait_until(lambda: run.list_told() == ["First."])
                refuse_the_held_token(run)
                wait_until(lambda: run.list_told() == ["First.", "Second."])
                for arguments in (("incident", "show", "1"), ("status",), ("outbox", "list", "--all"), ("doctor",)):
                    run.call(*arguments, "--json")
                run.call("incident", "show", "1")
                terminal.press("2", "3", "?", "esc", "q")
                terminal.wait_for_end()
                run.said.append(bytes(terminal.received))
            commands = [path.read_bytes() for path in Path("/proc").glob(f"{engine.pid}/cmdline")]
            run.said += commands
        finally:
            run.call("agent", "--stop")
            out, _ = engine.communicate(timeout=PATIENCE_S)
            run.said.append(out)
        assert not [each for each in page.breaches if "without the token" not in each]
        assert run.find_traces() == []


def refuse_the_held_token(run: Run) -> None:
    """The page refuses the token that the engine holds: for good where another can be had, else for a moment."""
    held = run.token
    if run.source == "env":
        run.page.token = "another"
    else:
        run.set_token(make_token())
    run.call("incident", "update", "1", "--status", "identified", "--message", "Second.", "--json")
    if run.source == "env":
        wait_until(lambda: "refused the token" in run.call("status", "--json"))
        run.page.token = held


def test_a_trace_would_be_found(tmp_path: Path) -> None:
    token = make_token()
    with StrangerPage(3) as page:
        run = Run(tmp_path, page, "file", token)
        for form in (token, quote(token), base64.b64encode(f"OAuth {token}".encode()).decode()):
            run.said = [f"before {form} after".encode()]
            assert run.find_traces(), form
        run.said = [b"nothing"]
        assert run.find_traces() == []
