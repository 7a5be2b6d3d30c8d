"""Template files: what a page keeps is written down as the TOML that a team can edit."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from pathlib import Path

from oncall_tui.domain.errors import RefusedError, UsageError
from oncall_tui.domain.incident import IncidentStatus
from oncall_tui.domain.remote import RemoteTemplate
from oncall_tui.domain.sanitize import clean_line

_SENT = (
    IncidentStatus.INVESTIGATING,
    IncidentStatus.IDENTIFIED,
    IncidentStatus.MONITORING,
    IncidentStatus.RESOLVED,
)
_SLUG_LIMIT = 50
_SENTENCE_GAP = re.compile(r"(?<=[.!?]) +(?=[A-Z\[{\"“])")


def name_key(name: str, taken: Iterable[str]) -> str:
    """Returns a key for what a page calls a template, none of those that are taken: `page.slow-api`."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:_SLUG_LIMIT].strip("-") or "template"
    key, number = f"page.{slug}", 2
    while key in set(taken):
        key, number = f"page.{slug}-{number}", number + 1
    return key


def write_toml(template: RemoteTemplate, key: str) -> str:
    """Returns a template of a page as a file of ours, a sentence on each line; it is chosen by hand alone."""
    states = [template.status] if template.status is not None else list(_SENT)
    body = "\n".join(_SENTENCE_GAP.sub("\n", line) for line in template.body.split("\n"))
    return "\n".join(
        [
            f"key = {_quote(key)}",
            f"title = {_quote(clean_line(template.name, 100))}",
            f"states = [{', '.join(_quote(state.value) for state in states)}]",
            'moment = "by_hand"',
            f'body = """\n{_escape(body)}\n"""',
            "",
        ]
    )


def _quote(text: str) -> str:
    return f'"{_escape(text)}"'


def _escape(text: str) -> str:
    """TOML takes no control characters but breaks and tabs."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return "".join(
        sign if sign in "\n\t" or unicodedata.category(sign) != "Cc" else f"\\u{ord(sign):04x}" for sign in escaped
    )


def save_all(folder: Path, files: dict[str, str], *, is_forced: bool) -> list[Path]:
    """Writes texts by file name.

    Raises RefusedError (`file-exists`) before any is written, UsageError for a folder that cannot be written to.
    """
    paths = {folder / name: text for name, text in files.items()}
    standing = [path.name for path in paths if path.exists()]
    if standing and not is_forced:
        raise RefusedError(
            "file-exists", f"{folder} already has {', '.join(standing[:5])}: name another folder, or give --force."
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path, text in paths.items():
            path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{folder} cannot be written to: {error.strerror}.") from error
    return list(paths)
