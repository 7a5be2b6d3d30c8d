"""A widget that is as large as what it shows, however fast that changes."""

from __future__ import annotations

from typing import Self

from textual.geometry import Region
from textual.widget import Widget


class Measured(Widget):
    """Is measured anew each time that it asks for a layout.

    The library (textual 8.2.8, `Widget.refresh`) forgets a measure at the first of several requests alone. When a
    layout that somebody else asked for falls between two of them, the second one gets the size of the first.
    """

    def refresh(self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False) -> Self:
        if layout:
            self._box_model_cache.clear()
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)
