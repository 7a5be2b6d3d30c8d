from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oncall_tui.domain.component_names import find_namesakes, match_components
from oncall_tui.domain.incident import ComponentStatus
from oncall_tui.domain.remote import RemoteComponent


def make(remote_id: str, name: str, group: str = "") -> RemoteComponent:
    return RemoteComponent(remote_id, name, ComponentStatus.OPERATIONAL, group=group)


EDGE, CORE, ALONE = make("c1", "API", "Edge"), make("c2", "API", "Core"), make("c3", "API")
WEB = make("c4", "Web", "Edge")


@pytest.mark.parametrize(
    ("configured", "components", "names"),
    [
        ({}, [EDGE, WEB], {"API": "c1", "Web": "c4"}),
        ({}, [EDGE, CORE, WEB], {"Edge / API": "c1", "Core / API": "c2", "Web": "c4"}),
        ({}, [EDGE, ALONE], {"Edge / API": "c1", "API": "c3"}),
        ({}, [EDGE, make("c5", "API", "Edge")], {"Edge / API (c1)": "c1", "Edge / API (c5)": "c5"}),
        ({}, [make("c1", "Edge / API"), EDGE], {"Edge / API": "c1"}),  # the same id twice is one component
        ({"API": None}, [EDGE], {"API": "c1"}),
        ({"Edge / API": None}, [EDGE], {"Edge / API": "c1"}),
        ({"API": None}, [EDGE, CORE], {"Edge / API": "c1", "Core / API": "c2"}),
        ({"Edge / API": None}, [EDGE, CORE], {"Edge / API": "c1", "Core / API": "c2"}),
        ({"API": "c2"}, [EDGE, CORE], {"API": "c2", "Edge / API": "c1"}),
        ({"Ours": "c2", "API": None}, [EDGE, CORE], {"Ours": "c2", "API": "c1"}),
        ({"API": None, "Edge / API": None}, [EDGE, CORE], {"Edge / API": "c1", "Core / API": "c2"}),
        ({"API": "gone"}, [EDGE], {"API": "c1"}),
        ({"API": "c4"}, [EDGE, WEB], {"API": "c4", "Edge / API": "c1"}),
        ({"API": "c4"}, [make("c1", "API"), WEB], {"API": "c4", "API (c1)": "c1"}),
    ],
)
def test_each_component_has_a_name_of_its_own(
    configured: dict[str, str | None], components: list[RemoteComponent], names: dict[str, str]
) -> None:
    assert {name: item.remote_id for name, item in match_components(configured, components).items()} == names


NAMES = st.sampled_from(["API", "Web", "Edge / API", "API (1)", "Edge / API (1)", "1"])
COMPONENTS = st.lists(st.builds(make, st.sampled_from("123456"), NAMES, st.sampled_from(["", "Edge", "Core"])))


@given(configured=st.dictionaries(NAMES, st.none() | st.sampled_from("123456")), components=COMPONENTS)
def test_no_component_is_lost_and_no_name_is_guessed(
    configured: dict[str, str | None], components: list[RemoteComponent]
) -> None:
    found = match_components(configured, components)
    assert sorted(item.remote_id for item in found.values()) == sorted({item.remote_id for item in components})
    unique = list({item.remote_id: item for item in reversed(components)}.values())
    unclaimed = [item for item in unique if item.remote_id not in configured.values()]
    for name, remote_id in configured.items():
        if name in found and found[name].remote_id != remote_id:
            assert find_namesakes(name, unclaimed) == [found[name]]


def test_a_full_name_is_meant_before_a_bare_one() -> None:
    assert find_namesakes("API", [EDGE, CORE]) == [EDGE, CORE]
    assert find_namesakes("API", [EDGE, ALONE]) == [ALONE]
    assert find_namesakes("Edge / API", [EDGE, CORE]) == [EDGE]
    assert find_namesakes("DB", [EDGE]) == []
