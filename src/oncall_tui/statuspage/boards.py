"""What the front page shows besides incidents: components in their groups, and figures over a day. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from oncall_tui.domain.incident import ComponentStatus
from oncall_tui.statuspage.html import Html, show_line, tag
from oncall_tui.statuspage.parts import COMPONENT_LABEL, COMPONENT_TONE, show_mark
from oncall_tui.statuspage.records import SHOWN_S, SLOT_S, PageComponent, PageGroup, PageMetric

_SLOTS = SHOWN_S // SLOT_S
_HEIGHT = 48


class Chart(Struct, frozen=True):
    """A metric with the means of the last day: how many slots of five minutes ago, and the value, the oldest first."""

    metric: PageMetric
    slots: Sequence[tuple[int, float]]


def show_components(components: Sequence[PageComponent], groups: Sequence[PageGroup]) -> Html:
    """Returns the components, those that stand alone first; nothing for a page that has none to show."""
    shown = [
        component
        for component in components
        if not (component.is_shown_only_if_degraded and component.status is ComponentStatus.OPERATIONAL)
    ]
    known = {group.id for group in groups}
    lists = [_list(None, [component for component in shown if component.group_id not in known])]
    lists += [_list(group, [component for component in shown if component.group_id == group.id]) for group in groups]
    return tag("section", tag("h2", "Components"), *lists) if any(lists) else Html("")


def _list(group: PageGroup | None, components: Sequence[PageComponent]) -> Html:
    if not components:
        return Html("")
    listed = tag("ul", *(_component(each) for each in components), class_="sheet components")
    if group is None:
        return listed
    about = tag("p", show_line(group.description), class_="soft") if group.description else ""
    return tag("div", tag("h3", show_line(group.name)), about, listed, class_="group")


def _component(component: PageComponent) -> Html:
    tone = COMPONENT_TONE[component.status]
    return tag(
        "li",
        tag("span", show_line(component.name), class_="what"),
        tag("span", show_mark(tone), COMPONENT_LABEL[component.status], class_=f"state {tone}"),
        tag("p", show_line(component.description), class_="soft") if component.description else "",
    )


def show_metrics(charts: Sequence[Chart]) -> Html:
    """Returns the figures of the last day; those that nobody has sent for a day are left out."""
    shown = [chart for chart in charts if chart.slots and chart.metric.is_shown]
    return tag("section", tag("h2", "The last 24 hours"), *(_chart(chart) for chart in shown)) if shown else Html("")


def _chart(chart: Chart) -> Html:
    metric, values = chart.metric, [value for _, value in chart.slots]
    lowest, highest, latest = (
        f"{value:.{metric.decimal_places}f} {show_line(metric.suffix)}".strip()
        for value in (min(values), max(values), values[-1])
    )
    return tag(
        "article",
        tag(
            "p",
            tag("strong", show_line(metric.name), class_="what"),
            tag("span", f"Latest {latest}, between {lowest} and {highest}", class_="soft"),
            class_="head",
        ),
        tag("p", show_line(metric.tooltip), class_="soft") if metric.tooltip else "",
        tag(
            "svg",
            tag("path", d=_draw(chart.slots)),
            class_="chart",
            viewBox=f"0 0 {_SLOTS} {_HEIGHT}",
            preserveAspectRatio="none",
            aria_hidden="true",
        ),
        class_="sheet incident plan",
    )


def _draw(slots: Sequence[tuple[int, float]]) -> str:
    """Draws a line that is broken where nothing was measured; a figure that never changes runs along the middle."""
    lowest, highest = min(value for _, value in slots), max(value for _, value in slots)
    span = highest - lowest
    steps: list[str] = []
    before: int | None = None
    for ago, value in slots:
        # Two units of air, so that the stroke is whole at both ends of the scale.
        height = _HEIGHT / 2 if span == 0 else _HEIGHT - 2 - (value - lowest) / span * (_HEIGHT - 4)
        begins = before is None or before - ago > 1
        # A lone point is drawn as a short dash: a line of no length shows nothing.
        steps.append(f"M{_SLOTS - ago - 1} {height:.1f}h1" if begins else f"L{_SLOTS - ago} {height:.1f}")
        before = ago
    return "".join(steps)
