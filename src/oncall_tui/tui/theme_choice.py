"""Which theme the app wears: the wanted one at once, the others when somebody asks for them."""

from __future__ import annotations

from textual.app import App

from oncall_tui.tui.theme_files import ThemeError, ThemeFile
from oncall_tui.tui.themes import make_theme, read_themes


class ThemeChoice:
    """Registers themes with one app; `take_faults` names the files that cannot be used, once."""

    def __init__(self, app: App[object]) -> None:
        self._app = app
        self._names: list[str] = []
        self._faults: list[str] = []

    def set_first(self, file: ThemeFile | None) -> None:
        """Puts the theme of a file on; without one that can be used, the drawing library's own stays."""
        try:
            theme = make_theme(file) if file else None
        except ThemeError as error:
            theme, self._faults = None, [str(error)]
        if theme is not None:
            self._app.register_theme(theme)
            self._app.theme = theme.name

    def names(self) -> list[str]:
        """Returns the names of all themes; the first call reads their files."""
        if not self._names:
            themes, self._faults = read_themes()
            for theme in themes:
                self._app.register_theme(theme)
            self._names = [theme.name for theme in themes]
        return self._names

    def take_faults(self) -> str:
        """Returns a sentence on the files that cannot be used, empty when there are none or it was told."""
        faults, self._faults = self._faults, []
        return "; ".join(faults)

    def next_name(self) -> str | None:
        """Returns the theme after the present one, None when there are none."""
        names = self.names()
        if not names:
            return None
        return names[(names.index(self._app.theme) + 1) % len(names)] if self._app.theme in names else names[0]
