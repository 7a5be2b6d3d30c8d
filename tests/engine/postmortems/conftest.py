"""The embedded page, and a file with an ended incident, for the tests of reviews."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from tests.engine.reviewworld import Served, World, clear_page, open_world, serve_page


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serve_page(tmp_path_factory.mktemp("page")) as served:
        yield served


@pytest.fixture
def page(server: Served) -> Served:
    return clear_page(server)


@pytest.fixture
async def world(tmp_path: Path, page: Served) -> AsyncIterator[World]:
    async with open_world(tmp_path, page) as made:
        yield made
