from __future__ import annotations

from pathlib import Path

import pytest
from textual.color import Color

from oncall_tui.tui.theme_files import (
    ThemeError,
    list_theme_files,
    read_first_file,
    read_theme_file,
    shipped_folder,
)
from oncall_tui.tui.themes import VARIABLE_DEFAULTS, make_theme, read_themes

SHIPPED = sorted(shipped_folder().glob("*.toml"))


def measure_contrast(first: str, second: str) -> float:
    """Returns the contrast of two colours as WCAG 2.1 has it (1.4.3)."""
    parts = []
    for text in (first, second):
        channels = [
            part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4
            for part in Color.parse(text).normalized
        ]
        parts.append(0.2126 * channels[0] + 0.7152 * channels[1] + 0.0722 * channels[2])
    bright, dark = max(parts), min(parts)
    return (bright + 0.05) / (dark + 0.05)


def test_a_dark_a_light_and_a_high_contrast_theme_are_shipped() -> None:
    themes, faults = read_themes()
    assert faults == []
    assert {"midnight", "paper", "high-contrast", "ansi-16"} <= {theme.name for theme in themes}
    assert {theme.dark for theme in themes} == {True, False}


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_every_text_reads_on_its_ground(path: Path) -> None:
    theme = make_theme(read_theme_file(path))
    assert theme.name == path.stem
    assert set(theme.variables) == set(VARIABLE_DEFAULTS)
    assert theme.background is not None
    if theme.ansi:
        return
    least = 7.0 if theme.name == "high-contrast" else 4.5
    for name in ("foreground", "muted", "title", *(key for key in VARIABLE_DEFAULTS if key.startswith("state-"))):
        color = theme.variables.get(name) or theme.foreground
        assert color is not None
        assert measure_contrast(color, theme.background) >= least, name
        assert measure_contrast(color, theme.variables["header-ground"]) >= 4.5, name
        assert measure_contrast(color, theme.variables["cursor-row"]) >= 4.0, name


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[colors]\nprimary = "no such colour"', "colors.primary"),
        ('[colors]\nprimary = "$accent"', "colors.primary"),
        ('[colors]\nprimary = "auto 80%"', "colors.primary"),
        ("[colors]\nprimary = 3", "colors.primary"),
        ('[colors]\nprimary = "#123456"\nprimry = "#123456"', "colors.primry"),
        ('[colors]\nprimary = "#123456"\n[variables]\nx = "#123456"', "variables.x"),
        ('[colors]\naccent = "#123456"', "colors.primary: missing"),
        ("colors = 3", "colors"),
        ("dark = 1", "dark"),
        ('luminosity = "x"', "luminosity"),
        ("= broken", "cannot be read"),
        ("\x00", "cannot be read"),
    ],
)
def test_a_wrong_file_is_refused_with_its_reason(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(text)
    with pytest.raises(ThemeError, match=r"mine\.toml") as caught:
        make_theme(read_theme_file(path))
    assert said in str(caught.value)


def test_files_of_the_user_come_last_and_wrong_ones_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    folder = tmp_path / "oncall-tui" / "themes"
    folder.mkdir(parents=True)
    (folder / "broken.toml").write_text("[")
    (folder / "midnight.toml").write_text('name = "midnight"\n[colors]\nprimary = "#abcdef"\n')
    assert list_theme_files()[-1].parent == folder
    themes, faults = read_themes()
    assert [fault.partition(":")[0] for fault in faults] == ["broken.toml"]
    assert next(theme for theme in themes if theme.name == "midnight").primary == "#abcdef"


def test_the_first_theme_is_found_by_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    folder = tmp_path / "oncall-tui" / "themes"
    folder.mkdir(parents=True)
    (folder / "night shift.toml").write_text('name = "night"\n[colors]\nprimary = "#abcdef"\n')
    asked = {name: read_first_file(name) for name in (None, "paper", "night", "../pyproject", "no-such")}
    assert {name: file.file_name for name, file in asked.items() if file} == {
        None: "midnight.toml",
        "paper": "paper.toml",
        "night": "night shift.toml",
        "../pyproject": "midnight.toml",
        "no-such": "midnight.toml",
    }
