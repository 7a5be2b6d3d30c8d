from __future__ import annotations

import pytest

from oncall_tui.tui.actions import ACTIONS, actions_of
from oncall_tui.tui.screens.help import draw_help
from oncall_tui.tui.widgets.footer import draw_keys, name_key, name_keys

SCOPES = sorted({action.scope for action in ACTIONS})


@pytest.mark.parametrize("scope", SCOPES)
def test_every_key_of_a_pane_is_told(scope: str) -> None:
    text = draw_help(scope, scope, 84).plain
    for action in (*actions_of(scope), *actions_of("app")):
        if action.keys:
            assert name_keys(action) in text
            assert action.help.split()[0] in text
    assert all(len(row) <= 84 for row in text.splitlines())


@pytest.mark.parametrize(
    ("key", "name"), [("ctrl+p", "^p"), ("question_mark", "?"), ("slash", "/"), ("j", "j"), ("escape", "esc")]
)
def test_keys_are_named_as_people_write_them(key: str, name: str) -> None:
    assert name_key(key) == name


def test_the_footer_ends_with_whole_keys() -> None:
    actions = actions_of("probes")
    for width in range(1, 120):
        assert draw_keys(actions, width).cell_length == width
    assert "/ filter" in draw_keys([action for action in actions if action.is_shown], 40).plain


def test_ids_are_unique_and_every_action_has_a_sentence() -> None:
    ids = [action.id for action in ACTIONS]
    assert len(ids) == len(set(ids))
    assert all(action.help.endswith(".") for action in ACTIONS)
