"""`oncall-tui lint`: the rules on words, for editors, hooks and CI: one line for each remark."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from oncall_tui.cli.group import json_option, place_options
from oncall_tui.cli.place import Place
from oncall_tui.domain.errors import UsageError

if TYPE_CHECKING:
    from oncall_tui.cli.output import Json
    from oncall_tui.domain.incident import IncidentStatus
    from oncall_tui.domain.lint.model import Audience, Context, Finding, Tuning

#: More is no update, whatever page takes it.
_MOST_BYTES = 1_000_000
_CHANNELS = ("page", "mail", "chat", "social", "sms")


@click.command()
@click.argument("file", default="-", metavar="[FILE]")
@click.option("--title", "-t", help="The title to check with the text.")
@click.option("--status", "-s", help="The state that the text is for: investigating, identified, monitoring, resolved.")
@click.option("--channel", "-c", type=click.Choice(_CHANNELS), help="The kind of channel that the text is for.")
@click.option("--incident", "number", metavar="ID", help="Check it against what is known of an incident.")
@click.option("--at", metavar="TIME", help="Check times against this one, such as now; else against none.")
@click.option("--rules", "is_listing", is_flag=True, help="List the rules instead.")
@json_option
@place_options
@click.pass_obj
def lint(
    place: Place,
    file: str,
    title: str | None,
    status: str | None,
    channel: str | None,
    number: str | None,
    at: str | None,
    is_listing: bool,
    is_json: bool,
) -> int:
    """Check words for customers in FILE, or on stdin; exit 1 when something blocks sending.

    Each line reads `file:line:column: level rule message`.
    """
    from oncall_tui.cli.output import print_json, say

    tuning, audience = _read_tuning(place)
    if is_listing:
        _list_rules(tuning, is_json=is_json)
        return 0
    from msgspec.structs import replace

    from oncall_tui.cli.wording import read_word
    from oncall_tui.clock import now_ms
    from oncall_tui.domain.incident import IncidentStatus
    from oncall_tui.domain.instants import read_instant
    from oncall_tui.domain.lint.catalogue import lint as find
    from oncall_tui.domain.lint.model import Context, Level, Part
    from oncall_tui.spelling import suggest

    text = _read_text(file)
    allowed = [each for each in IncidentStatus if each is not IncidentStatus.POSTMORTEM]
    said = None if status is None else read_word(IncidentStatus, status, allowed, "status")
    context, known_title = _know_incident(place, number, said) if number is not None else (Context(status=said), None)
    context = replace(context, channel=channel, audience=audience, suggest=suggest)
    if at is not None:
        context = replace(context, now=read_instant(at, "--at", now_ms(), may_be_past=True))
    shown_title = title if title is not None else known_title
    findings = [
        finding
        for finding in find(shown_title or "", text, context, tuning)
        if finding.part is Part.BODY or shown_title is not None
    ]
    if is_json:
        print_json([_shape(finding, text) for finding in findings])
    else:
        for finding in findings:
            line, column = _place(finding, text)
            where = "title" if finding.part is Part.TITLE else file
            say(f"{where}:{line}:{column}: {finding.level.value} {finding.rule} {finding.message}")
    return 1 if any(finding.level is Level.BLOCK for finding in findings) else 0


def _read_text(file: str) -> str:
    """Returns the text with its positions kept. Raises UsageError for a file that cannot be read, or is none."""
    try:
        if file == "-":
            if sys.stdin is None or sys.stdin.closed or sys.stdin.isatty():
                raise UsageError("`lint` without a file reads stdin: pipe the text in, or name a file.")
            content = sys.stdin.buffer.read(_MOST_BYTES + 1)
        else:
            with Path(file).open("rb") as opened:
                content = opened.read(_MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        raise UsageError(f"{file} cannot be read: {getattr(error, 'strerror', None) or error}.") from error
    if len(content) > _MOST_BYTES:
        raise UsageError(f"{file} is longer than {_MOST_BYTES} bytes, which no page takes.")
    text = content.decode("utf-8-sig", "replace")
    return text.replace("\r\n", "\n").replace("\r", "\n").rstrip()


def _read_tuning(place: Place) -> tuple[Tuning, Audience | None]:
    """Returns what the config tuned, and who reads; a machine without a config has the rules as they are."""
    from oncall_tui.domain.lint.model import Tuning

    if not place.has_config():
        return Tuning(), None
    config = place.load_config()
    return config.tuning, config.audience


def _know_incident(place: Place, number: str, status: IncidentStatus | None) -> tuple[Context, str]:
    """Returns what the file knows of an incident, and its title. Raises NotFoundError, UsageError or StoreError."""
    from oncall_tui.cli.incident import read_id
    from oncall_tui.cli.judging import describe
    from oncall_tui.clock import now_ms
    from oncall_tui.store.incidents import get_incident

    config = place.sending_config()
    with place.open_db() as db, db.snapshot():
        incident = get_incident(db, read_id(number))
        said, components = status or incident.status, incident.components
        return describe(
            db, config, incident, now_ms(), status=said, components=components, channel=None
        ), incident.title


def _place(finding: Finding, text: str) -> tuple[int, int]:
    """Returns line and column, both from 1, as editors count them."""
    from oncall_tui.domain.lint.model import Part

    if finding.part is Part.TITLE:
        return 1, finding.start + 1
    begin = text.rfind("\n", 0, finding.start) + 1
    return text.count("\n", 0, finding.start) + 1, finding.start - begin + 1


def _shape(finding: Finding, text: str) -> Json:
    line, column = _place(finding, text)
    fix = finding.fix
    return {
        "rule": finding.rule,
        "level": finding.level.value,
        "is_final": finding.is_final,
        "part": finding.part.value,
        "line": line,
        "column": column,
        "start": finding.start,
        "end": finding.end,
        "message": finding.message,
        "fix": None if fix is None else {"label": fix.label, "replacement": fix.replacement},
    }


def _list_rules(tuning: Tuning, *, is_json: bool) -> None:
    from oncall_tui.cli.output import format_table, print_json, say
    from oncall_tui.domain.lint.catalogue import RULES
    from oncall_tui.domain.lint.model import FIXED_RULES

    rows: list[tuple[str, str, str, bool]] = []
    for rule in sorted(RULES, key=lambda each: each.id):
        level = tuning.levels.get(rule.id, rule.level) if rule.id not in FIXED_RULES else rule.level
        rows.append((rule.id, level.value if level is not None else "off", rule.title, rule.is_final))
    if is_json:
        print_json(
            [{"rule": id_, "level": level, "title": title, "is_final": final} for id_, level, title, final in rows]
        )
    else:
        said = [(id_, f"{level}, for good" if final else level, title) for id_, level, title, final in rows]
        say(format_table(("RULE", "LEVEL", "FINDS"), said))
