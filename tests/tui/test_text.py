from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from oncall_tui.tui.text import join, line, pack


@given(st.lists(st.text("abc ", min_size=1, max_size=30)), st.integers(8, 60))
def test_parts_stand_beside_each_other_and_none_is_lost_at_the_edge(words: list[str], width: int) -> None:
    parts = [line(word) for word in words]
    rows = pack(parts, width)
    assert all(row.cell_length <= width for row in rows)
    if all(part.cell_length <= width for part in parts):
        assert join("   ").join(rows).plain == join("   ").join(parts).plain
