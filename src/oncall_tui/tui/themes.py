"""Makes themes of files: one TOML file each, shipped in `themes/` or put by the user into a folder of their config.

The drawing library takes any text for a colour and fails much later, so every colour is tried here first.
"""

from __future__ import annotations

from textual.color import Color, ColorParseError
from textual.theme import Theme

from oncall_tui.tui.theme_files import ThemeError, ThemeFile, list_theme_files, read_theme_file

_COLORS = frozenset(
    {"primary", "secondary", "accent", "foreground", "background", "surface", "panel", "success", "warning", "error"}
)
#: Variables that our styles use beside those of the drawing library; a theme that leaves one out gets this colour.
VARIABLE_DEFAULTS = {
    "muted": "#98a2b3",
    "line": "#323c4d",
    "line-focus": "#7aa2d6",
    "cursor-row": "#26354b",
    "header-ground": "#1d2430",
    "title": "#a9c7ee",
    "state-ok": "#2fb488",
    "state-slow": "#f0e442",
    "state-partial": "#e69f00",
    "state-down": "#ff8a4c",
    "state-maintenance": "#56b4e9",
    "state-expected": "#d48ab5",
    "state-unknown": "#a3abb8",
    "strip-ok": "#57a08b",
}
#: Variables of the drawing library that its generated colours lack for a theme of the terminal's own sixteen colours.
LIBRARY_DEFAULTS = {
    "ansi-background": "ansi_default",
    "ansi-foreground": "ansi_default",
    "foreground-disabled": "ansi_default",
    "surface-active": "ansi_default",
}


def make_theme(file: ThemeFile) -> Theme:
    """Returns the theme of one file. Raises ThemeError."""
    file_name, content = file
    unknown = set(content) - {"name", "dark", "ansi", "colors", "variables"}
    if unknown:
        raise ThemeError(f"{file_name}: {min(unknown)}: unknown, allowed: name, dark, ansi, colors, variables")
    name, dark, ansi = content.get("name", file_name[:-5]), content.get("dark", True), content.get("ansi", False)
    if not isinstance(name, str) or not isinstance(dark, bool) or not isinstance(ansi, bool):
        raise ThemeError(f"{file_name}: name is a text; dark and ansi are true or false")
    colors = _read_colors(file_name, "colors", content.get("colors", {}), _COLORS)
    variables = _read_colors(file_name, "variables", content.get("variables", {}), frozenset(VARIABLE_DEFAULTS))
    if "primary" not in colors:
        raise ThemeError(f"{file_name}: colors.primary: missing")
    return Theme(name=name, dark=dark, ansi=ansi, variables=variables, **colors)  # type: ignore[arg-type]


def _read_colors(file_name: str, table: str, values: object, allowed: frozenset[str]) -> dict[str, str]:
    if not isinstance(values, dict):
        raise ThemeError(f"{file_name}: {table}: is a table of colours")
    colors: dict[str, str] = {}
    for key, value in values.items():
        if key not in allowed:
            raise ThemeError(f"{file_name}: {table}.{key}: unknown, allowed: {', '.join(sorted(allowed))}")
        try:
            Color.parse(value)
        except (ColorParseError, TypeError, AttributeError) as error:
            raise ThemeError(f'{file_name}: {table}.{key}: {value!r} is no colour, allowed: "#rrggbb"') from error
        colors[key] = value
    return colors


def read_themes() -> tuple[list[Theme], list[str]]:
    """Returns every theme that can be used, and a sentence for each file that cannot."""
    themes: dict[str, Theme] = {}
    faults: list[str] = []
    for path in list_theme_files():
        try:
            theme = make_theme(read_theme_file(path))
        except ThemeError as error:
            faults.append(str(error))
        else:
            themes[theme.name] = theme
    return list(themes.values()), faults
