"""A program with a config in a new folder."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.cli.program import Program


@pytest.fixture
def program(tmp_path: Path) -> Program:
    made = Program(tmp_path)
    made.write_config()
    return made
