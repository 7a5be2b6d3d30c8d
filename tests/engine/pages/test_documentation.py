from __future__ import annotations

from pathlib import Path

import pytest
from tests.engine.fakes.kinds import KINDS, Kind

TEXT = (Path(__file__).parents[3] / "docs" / "status-pages.md").read_text()
ROWS = {cells[1].strip(" `"): cells for line in TEXT.splitlines() if len(cells := line.split("|")) == 7}


@pytest.mark.parametrize("kind", KINDS, ids=str)
async def test_the_limits_of_each_page_are_those_that_are_checked(kind: Kind) -> None:
    async with kind.serving() as (_, client):
        held = client.capabilities
        told = ["not documented" if most is None else str(most) for most in (held.title_most, held.body_most)]
        assert [cell.strip() for cell in ROWS[held.adapter][4:6]] == told
