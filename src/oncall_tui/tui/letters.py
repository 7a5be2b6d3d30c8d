"""Words for one client, a credit or a supplier: chosen, filled, and taken along on the clipboard; no page gets them."""

from __future__ import annotations

from functools import partial

from textual.widget import Widget

from oncall_tui.clock import now_ms
from oncall_tui.content import load_templates
from oncall_tui.domain.errors import OncallError
from oncall_tui.domain.sanitize import clean_block
from oncall_tui.domain.template import Audience, Template
from oncall_tui.store.database import Database
from oncall_tui.store.letters import fill_letter
from oncall_tui.tui.host import Host, host_of, tell


def list_letters(host: Host) -> list[Template]:
    """Returns the prepared words that are for one reader."""
    return [each for each in load_templates(host.config.templates) if each.audience is not Audience.CUSTOMERS]


def copy_letter(pane: Widget, template: Template, text: str, incident_id: int) -> None:
    """Takes words for one reader along; where the terminal refuses, a command prints the same."""
    pane.app.copy_to_clipboard(clean_block(text))
    reader = "one client" if template.audience is Audience.CLIENT else "the supplier"
    command = f"oncall-tui template show {template.key} --incident {incident_id}"
    tell(pane.app, f"For {reader}, not for a page: on the clipboard, where the terminal allows it. Else: {command}")


async def open_letters(pane: Widget, incident_id: int) -> None:
    """Shows the words for single readers as they read for an incident."""
    from oncall_tui.tui.screens.templates import TemplatesScreen

    host = host_of(pane)
    letters = list_letters(host)

    def fill(db: Database) -> dict[str, str]:
        config, now = host.config, now_ms()
        make = partial(fill_letter, db, incident_id, actor=host.actor, now=now, team=config.team, rhythm=config.rhythm)
        return {each.key: make(each) for each in letters}

    try:
        texts = await host.feed.call(fill)
    except OncallError as error:
        tell(pane.app, str(error), "error")
        return
    incident = host.snapshot.incident(incident_id)
    if incident is None:
        return

    def take(template: Template | None) -> None:
        if template is not None:
            copy_letter(pane, template, texts[template.key], incident_id)

    host.load_styles("drafts")
    screen = TemplatesScreen(
        letters,
        incident.status,
        "",
        lambda template: texts[template.key],
        title="To clients and suppliers, one by one",
        faults=host.config.template_faults,
    )
    pane.app.push_screen(screen, take)
