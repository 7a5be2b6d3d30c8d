"""Whatever a page answers is at most a doubt."""

from __future__ import annotations

import copy
from functools import partial
from random import Random
from typing import Any

import pytest
from tests.engine.fakes.kinds import KINDS, STATUSPAGE, Kind
from tests.engine.fakes.proving import allow, is_inert, make_message

from oncall_tui.domain.incident import ComponentStatus
from oncall_tui.engine.pages.errors import AmbiguousError

JUNK: tuple[object, ...] = (None, True, -1, 1.5, "", "x", "\x1b[2J", [], {}, [None], {"id": {}}, [["a"]], 10**30)


def spoil(rng: Random, value: object) -> object:
    """Returns a document with junk in one place."""
    document = copy.deepcopy(value)
    places: list[tuple[Any, Any]] = []
    todo: list[Any] = [document]
    while todo:
        item = todo.pop()
        keys = list(item) if isinstance(item, dict) else list(range(len(item)))
        places += [(item, key) for key in keys]
        todo += [item[key] for key in keys if isinstance(item[key], dict | list)]
    if not places:
        return rng.choice(JUNK)
    holder, key = rng.choice(places)
    holder[key] = rng.choice(JUNK)
    return document


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind is not STATUSPAGE], ids=str)
async def test_junk_anywhere_in_an_answer_is_a_doubt_at_most(kind: Kind) -> None:
    rng = Random(str(kind))
    async with kind.serving() as (page, client):
        down = {page.add_component("API"): ComponentStatus.MAJOR_OUTAGE}
        baseline = await client.create_incident(make_message(components=down))
        await client.update_incident(baseline, make_message(title=None, components=down))
        page.spoil = partial(spoil, rng)
        answered = 0
        doubts: list[str] = []
        for _ in range(20):
            for ask in (
                partial(client.list_components, allow),
                partial(client.list_unresolved, allow),
                partial(client.list_recent, 0, allow),
                partial(client.get_incident, baseline.remote_id),
                partial(client.update_incident, baseline, make_message(title=None, components=down)),
                client.read_page,
            ):
                try:
                    assert is_inert(await ask())
                    answered += 1
                except AmbiguousError as error:
                    doubts.append(str(error))
        assert answered > 30
        assert "".join(doubts).isprintable()
