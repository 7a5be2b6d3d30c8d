from __future__ import annotations

from pathlib import Path

import pytest

from oncall_tui.config.load import load_config
from oncall_tui.config.model import Config, HookConfig, NoticeConfig, TokenSource
from oncall_tui.domain.errors import ConfigError
from oncall_tui.domain.hook import HookEvent, Rate
from oncall_tui.domain.probe import Credential


def load(folder: Path, text: str) -> Config:
    path = folder / "oncall.toml"
    path.write_text(text)
    return load_config(path)


def test_hooks_and_notice_are_read_with_their_defaults(tmp_path: Path) -> None:
    (tmp_path / "ring").write_text("#!/bin/sh\n")
    (tmp_path / "ring").chmod(0o755)
    config = load(
        tmp_path,
        """
        [[hook]]
        name = "a"
        command = ["./ring", "--x"]
        [[hook]]
        name = "b"
        url = "https://h.example.com/x"
        auth = { env = "T" }
        on = ["promise_late", "slow"]
        at_most = "2/m"
        timeout = "3s"
        [[hook]]
        name = "c"
        secret_url = { env = "U" }
        [notice]
        desktop = "osc9"
        """,
    )
    first, second, third = config.hooks
    assert first == HookConfig("a", command=(str(tmp_path / "ring"), "--x"))
    assert second.on == {HookEvent.PROMISE_LATE, HookEvent.SLOW}
    assert (second.auth, second.at_most, second.timeout_ms) == (Credential(env="T"), Rate(2, 60_000), 3_000)
    assert third.secret_url == TokenSource(env="U")
    assert first.on == {HookEvent.DOWN, HookEvent.UP, HookEvent.FLAPPING}
    assert first.at_most == Rate(30, 3_600_000)
    assert config.notice == NoticeConfig(bell=True, desktop="osc9")
    assert load(tmp_path, "").notice == NoticeConfig()


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('name = "a"', "2: hook: has none of its ways, allowed: exactly one of command, url, secret_url"),
        ('name = "a"\nurl = "https://x"\ncommand = ["x"]', "2: hook: has 2 (command, url) of its ways"),
        ('name = "a"\ncommand = "x"', "4: hook.command: is text, allowed: a list of texts"),
        ('name = "a"\ncommand = []', "4: hook.command: is empty"),
        ('name = "a"\ncommand = ["/no/such"]', '4: hook.command: "/no/such" cannot be run'),
        ('name = "a"\ncommand = ["./oncall.toml"]', "cannot be run, allowed: the path of a program"),
        ('name = "a"\nurl = "https://u:p@x/"', "4: hook.url: holds a user or password"),
        ('name = "a"\nurl = "http://x.org"\nauth = { env = "T" }', "5: hook.auth: would be sent unencrypted"),
        ('name = "a"\ncommand = ["x"]\nauth = { env = "T" }', "5: hook.auth: goes with a url alone"),
        ('name = "a"\nurl = "https://x"\nauth = { }', "5: hook.auth: has none of its sources"),
        ('name = "a"\nsecret_url = "https://canary"', "4: hook.secret_url: a token is never written here"),
        ('name = "a"\ncommand = ["x"]\non = ["broken"]', '5: hook.on: is "broken"'),
        ('name = "a"\ncommand = ["x"]\non = []', "5: hook.on: is empty"),
        ('name = "a"\ncommand = ["x"]\nat_most = "ten"', "5: hook.at_most: is not a rate, allowed: a count and s, m"),
        ('name = "a"\ncommand = ["x"]\ntimeout = "1h"', "5: hook.timeout: is out of range"),
        ('name = "a b"\ncommand = ["x"]', "3: hook.name: is not an id"),
        ('name = "a"\ncommand = ["x"]\nurls = 1', "5: hook.urls: unknown key"),
        ('name = "a"\ncommand = ["x"]\n[[hook]]\nname = "a"\ncommand = ["x"]', 'name: "a" is already on line 3'),
    ],
)
def test_faults_are_told_with_their_lines(tmp_path: Path, text: str, fault: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, f"\n[[hook]]\n{text}\n")
    assert any(fault in each for each in caught.value.faults), caught.value.faults
    assert "canary" not in str(caught.value)


def test_a_notice_that_no_terminal_knows_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r'notice\.desktop: is "osc99".*osc9'):
        load(tmp_path, '[notice]\ndesktop = "osc99"\n')
