from __future__ import annotations

from pathlib import Path

import pytest
from tests.tui.desk import declare, make_desk, open_app, screen_text, wait_for, wait_for_text

from oncall_tui.tui.actions import ACTIONS, actions_of
from oncall_tui.tui.screens.help import draw_help
from oncall_tui.tui.widgets.footer import draw_keys, name_key, name_keys

SCOPES = sorted({action.scope for action in ACTIONS})


@pytest.mark.parametrize("scope", SCOPES)
def test_every_key_of_a_pane_is_told(scope: str) -> None:
    text = "\n".join(row.plain for row in draw_help(scope, scope, 84))
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


def test_the_footer_ends_with_whole_keys_and_the_way_to_all_others() -> None:
    keys = [(action.keys.split(",")[0], action.title) for action in (*actions_of("probes"), *actions_of("app"))]
    keys = [*keys, ("f1", "keys"), ("ctrl+p", "palette")]
    for width in range(1, 120):
        shown = draw_keys(keys, width)
        assert shown.cell_length == width
        if width >= 20:
            assert shown.plain.rstrip().endswith("f1 keys  ^p palette")


@pytest.mark.parametrize("size", [(60, 15), (80, 24), (120, 40), (200, 60)])
async def test_the_footer_tells_what_acts_where_the_focus_is(tmp_path: Path, size: tuple[int, int]) -> None:
    desk = make_desk(tmp_path)
    declare(desk)

    def footer() -> str:
        return screen_text(pilot).splitlines()[-1]

    async with open_app(desk, size=size) as (_, pilot):
        await pilot.pause()
        assert footer().split("  ")[:2] == [" p post update", "/ filter"]
        await pilot.press("slash")
        await wait_for(pilot, lambda: footer().startswith(" enter keep  esc clear  f1 keys"))
        assert "i incident" not in footer()
        await pilot.press("escape", "2")
        await wait_for(pilot, lambda: footer().startswith(" enter open  n new"))
        await pilot.press("enter")
        await wait_for(pilot, lambda: footer().startswith(" enter store  tab next field  esc list  f1 keys"))
        await pilot.press("tab")
        await wait_for(pilot, lambda: footer().startswith(" right next  left before"))
        await pilot.press("escape", "5", "o")
        await wait_for(pilot, lambda: footer().startswith(" enter store  esc back"))
        await pilot.press("escape", "3")
        await wait_for(pilot, lambda: footer().startswith(" ^s review  f2 state"))
        assert "f1 keys" in footer()


async def test_without_a_draft_the_footer_offers_none_of_its_keys(tmp_path: Path) -> None:
    async with open_app(make_desk(tmp_path)) as (_, pilot):
        await pilot.press("3")
        await wait_for_text(pilot, "No incident is chosen.")
        footer = screen_text(pilot).splitlines()[-1]
        assert "review" not in footer
        assert "write" not in footer


def test_ids_are_unique_and_every_action_has_a_sentence() -> None:
    ids = [action.id for action in ACTIONS]
    assert len(ids) == len(set(ids))
    assert all(action.help.endswith(".") for action in ACTIONS)


@pytest.mark.parametrize("width", [34, 54, 84])
def test_no_sentence_is_cut_at_the_right_edge(width: int) -> None:
    for has_app in (True, False):
        assert all(row.cell_length <= width for row in draw_help("compose", "Compose", width, has_app=has_app))
