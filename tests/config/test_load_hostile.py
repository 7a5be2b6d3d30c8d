"""Configs that hold secrets, tricks or no text at all: each is told in an inert line, and no secret is."""

from __future__ import annotations

import os
import subprocess
import sys
import traceback
from pathlib import Path

import pytest
from tests.config.loading import FAULT, FULL, faults_of, load_text, probe_text
from tests.pace import PATIENCE_S

from oncall_tui.config.load import load_config
from oncall_tui.domain.errors import ConfigError


@pytest.mark.parametrize(
    ("token", "words"),
    [
        ('"S3cret"', "never written here"),
        ("{ }", "has none of its sources"),
        ('{ env = "A", file = "f" }', "has 2 (env, file) of its sources"),
        ('{ env = "A", file = "f", command = ["x"] }', "has 3"),
        ('{ env = "S3cret-of-a-page" }', "is not the name of an environment variable"),
        ('{ value = "S3cret" }', "unknown key"),
        ("{ command = [] }", "is empty"),
        ('{ command = "echo S3cret" }', "is text, allowed: a list of texts"),
        ("12345", "is a number"),
        ('["S3cret"]', "is a list"),
    ],
)
def test_a_token_has_one_source_and_is_never_shown(folder: Path, token: str, words: str) -> None:
    text = f'[page]\napi_url = "https://h"\npage_id = "p"\ntoken = {token}\n'
    with pytest.raises(ConfigError) as caught:
        load_text(folder, text)
    assert words in str(caught.value)
    assert all(f"{folder / 'oncall.toml'}:4: page.token" in fault for fault in caught.value.faults)
    assert "S3cret" not in "".join(traceback.format_exception(caught.value))
    assert caught.value.__context__ is None


def test_a_token_in_a_broken_file_is_not_shown(folder: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load_text(folder, '[page]\ntoken = "S3cret"\nx = \n')
    assert "S3cret" not in str(caught.value)
    assert caught.value.__context__ is None


@pytest.mark.parametrize(
    "name", ["", " ", "x" * 101, " x", "a\\tb", "a\\nb", "a\\u001b[31m", "a\\u202eb", "a\\u200bb", "\\u0000"]
)
def test_a_name_that_would_steer_or_hide_is_refused(folder: Path, name: str) -> None:
    (fault,) = faults_of(folder, f'[[component]]\nname = "{name}"\n')
    assert fault.startswith("2: component.name: ")
    assert "allowed: " in fault
    assert fault.isprintable()


def test_hostile_keys_and_values_are_shown_inert(folder: Path) -> None:
    text = (
        '"k\\u001b]0;x\\u0007" = 1\n"[@click=x]\\u202e" = 2\n'
        + probe_text("\\u001b[2J", 'component = "c\\u001b[31m\\u200b"')
        + '"\\u0000" = 3\n'
    )
    faults = faults_of(folder, text)
    assert len(faults) == 6
    assert all(fault.isprintable() for fault in faults)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("a = 1\nb = \n", "2:5"),
        ("a = 1\na = 2\n", "2:6"),
        ("[x", "1:3"),
        ('a = 1\nb = """x\ny', "3:2"),
        ("a = 2020-13-01\n", "1:9"),
        ("a = 1\rb = 2\n", "1:6"),
    ],
)
def test_a_syntax_error_tells_line_and_column(folder: Path, text: str, place: str) -> None:
    (fault,) = faults_of(folder, text)
    assert fault.startswith(f"{place}: syntax: ")


@pytest.mark.parametrize(
    ("content", "line", "words"),
    [
        (b"\xef\xbb\xbfa = 1\n", 1, "byte order mark"),
        ("a = 1\n".encode("utf-16"), 1, "UTF-16"),
        (b'a = 1\nb = "\0"\n', 2, "NUL"),
        (b"a = 1\n\n# \xff\n", 3, "byte 0xff does not belong to UTF-8"),
        (b"#" * 1_000_001, 1, "larger than 1 MB"),
        (b"a = " + b"[" * 20_000, 1, "nested too deep"),
        (b"a = " + b"9" * 5_000, 1, "too many digits"),
    ],
)
def test_bytes_that_are_no_config_are_a_sentence(folder: Path, content: bytes, line: int, words: str) -> None:
    (fault,) = faults_of(folder, content)
    assert fault.startswith(f"{line}: ")
    assert words in fault


def test_a_path_that_is_no_file_is_a_sentence_and_never_hangs(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    (tmp_path / "dangling").symlink_to(tmp_path / "gone")
    (tmp_path / "file").touch()
    for name, words in (
        ("folder", "is a folder"),
        ("pipe", "is a pipe"),
        ("loop", "in a circle"),
        ("dangling", "no such file"),
        ("gone", "no such file"),
        ("file/x", "not a folder"),
        ("x" * 300, "longer than the system allows"),
        ("a\0b", "NUL byte"),
        ("/dev/zero", "device"),
        ("bad\udcff\x1b[31m", "no such file"),
    ):
        with pytest.raises(ConfigError) as caught:
            load_config(tmp_path / name)
        (fault,) = caught.value.faults
        assert FAULT.fullmatch(fault)
        assert words in fault
        assert fault.isprintable()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_file_is_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "oncall.toml"
    path.touch(mode=0)
    with pytest.raises(ConfigError, match="may not be read by this user"):
        load_config(path)


def test_a_link_to_a_config_is_read_and_keeps_its_own_folder(folder: Path) -> None:
    (folder / "elsewhere").mkdir()
    (folder / "elsewhere" / "real.toml").write_text(FULL)
    (folder / "oncall.toml").symlink_to(folder / "elsewhere" / "real.toml")
    assert load_config(folder / "oncall.toml").probes[0].runbook == str(folder / "runbooks" / "site-down.md")


def test_every_depth_of_nesting_is_told(folder: Path) -> None:
    """The parser and the search for lines end at different depths: where only one of them does, too."""
    words = {faults_of(folder, "a = " + "[" * depth + "]" * depth)[0] for depth in range(1, 600)}
    assert {fault.split(": ")[2].split(",")[0] for fault in words} == {
        "unknown key",
        "lists or tables are nested too deep",
    }


def test_a_file_without_faults_loads_nothing_that_only_faults_need() -> None:
    """The first frame waits for the config."""
    script = """
import sys
from pathlib import Path
from oncall_tui.config.load import load_config
load_config(Path(sys.argv[1]))
sys.exit(str({"difflib", "platformdirs", "oncall_tui.config.lines"} & sys.modules.keys() or ""))
"""
    example = Path(__file__).parents[2] / "examples" / "config.toml"
    done = subprocess.run(
        [sys.executable, "-c", script, str(example)], capture_output=True, text=True, timeout=PATIENCE_S
    )
    assert done.stderr.strip() == ""


def test_the_plain_records_come_without_the_form_of_the_file() -> None:
    script = "import sys, oncall_tui.config.model, oncall_tui.config.token; sys.exit('tomllib' in sys.modules)"
    subprocess.run([sys.executable, "-c", script], check=True, timeout=PATIENCE_S)
