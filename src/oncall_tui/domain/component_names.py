"""Which component of a page a name of ours means, and what tells components of the same name apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from oncall_tui.domain.remote import RemoteComponent


def tell_full_name(component: RemoteComponent) -> str:
    """Returns a name with its group: "Edge / API"."""
    return f"{component.group} / {component.name}" if component.group else component.name


def find_namesakes(name: str, components: Sequence[RemoteComponent]) -> list[RemoteComponent]:
    """Returns the components that a name can mean: those whose full name it is, else those that are called so."""
    exact = [component for component in components if tell_full_name(component) == name]
    return exact or [component for component in components if component.name == name]


def match_components(
    configured: Mapping[str, str | None], components: Sequence[RemoteComponent]
) -> dict[str, RemoteComponent]:
    """Returns every component of a page by the name that it has in our file; `configured` maps names to known ids.

    An id that the page lists decides. Else a configured name means the one component that it can mean; where there are
    several it means none, since a wrong one would be told to customers. All others keep the page's name, with their
    group where that is needed to tell them apart, and with their id where even that is not enough.
    """
    rest = {component.remote_id: component for component in reversed(components)}
    found = {name: rest.pop(remote_id) for name, remote_id in configured.items() if remote_id in rest}
    unclaimed = list(rest.values())
    for name in [name for name in configured if name not in found]:
        namesakes = find_namesakes(name, unclaimed)
        if len(namesakes) == 1 and namesakes[0].remote_id in rest:
            found[name] = rest.pop(namesakes[0].remote_id)
    unique = {component.remote_id: component for component in components}.values()
    names = Counter(component.name for component in unique)
    full_names = Counter(map(tell_full_name, unique))
    taken = {*configured, *found}
    for component in components:
        if rest.pop(component.remote_id, None) is None:
            continue
        full_name = tell_full_name(component)
        name = component.name if names[component.name] == 1 else full_name
        if name in taken or full_names[full_name] > 1:
            name = full_name
        while name in taken or full_names[name] > 1:
            name = f"{name} ({component.remote_id})"
        found[name] = component
        taken.add(name)
    return found
