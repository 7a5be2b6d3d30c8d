"""`oncall-tui postmortem ID`: the review of an incident, from a half-written draft to what customers read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from oncall_tui.cli.group import json_option, place_options
from oncall_tui.cli.place import Place, read_actor
from oncall_tui.domain.errors import ConflictError, OncallError, RefusedError, UsageError

if TYPE_CHECKING:
    from oncall_tui.cli.output import Json
    from oncall_tui.domain.incident import Incident
    from oncall_tui.domain.postmortem import Document, Postmortem, Publication
    from oncall_tui.store.database import Database

_internal_option = click.option("--internal", "is_internal", is_flag=True, help="The team's document.")


@click.group()
@click.argument("number", metavar="ID")
@place_options
@click.pass_context
def postmortem(ctx: click.Context, number: str) -> None:
    """Draft, edit, preview, publish and take back the review of an incident, or write it to a file."""
    from oncall_tui.cli.incident import read_id

    ctx.meta[__name__] = read_id(number)


def _incident_id() -> int:
    return int(click.get_current_context().meta[__name__])


@postmortem.command()
@click.option("--anew", "is_anew", is_flag=True, help="Once more from the facts; the old texts are kept in files.")
@json_option
@place_options
@click.pass_obj
def draft(place: Place, is_anew: bool, is_json: bool) -> None:
    """Begin both documents from what the file knows."""
    from oncall_tui.cli.output import say
    from oncall_tui.clock import now_ms
    from oncall_tui.domain.postmortem import Document
    from oncall_tui.export.files import keep_beside
    from oncall_tui.export.postmortem import draft_internal, draft_public
    from oncall_tui.export.review import read_facts
    from oncall_tui.store.postmortem import find_postmortem, save_postmortem

    with place.open_db() as db:
        with db.snapshot():
            facts = read_facts(db, _incident_id())
            incident = facts.incident
            old = find_postmortem(db, incident.id)
        if old is not None and not is_anew:
            raise RefusedError(
                "already-drafted",
                f"#{incident.id} has a postmortem: change it with `edit`, or begin again with --anew.",
            )
        if old is not None:
            for document in Document:
                kept = keep_beside(db.path, f"{db.path.name}.postmortem-{incident.id}-{document}", old.text(document))
                if not is_json:
                    say(f"The old {document} text is kept in {kept}")
        made = save_postmortem(
            db,
            incident.id,
            public=draft_public(facts),
            internal=draft_internal(facts),
            seen_revision=None if old is None else old.revision,
            actor=read_actor(),
            now=now_ms(),
        )
        _print(db, incident, made, is_json)


@postmortem.command()
@_internal_option
@json_option
@place_options
@click.pass_obj
def edit(place: Place, is_internal: bool, is_json: bool) -> None:
    """Change a document in $VISUAL or $EDITOR."""
    from oncall_tui.cli.output import warn
    from oncall_tui.clock import now_ms
    from oncall_tui.domain.postmortem import DOCUMENT_LIMIT
    from oncall_tui.domain.sanitize import clean_block
    from oncall_tui.store.incidents import get_incident
    from oncall_tui.store.postmortem import get_postmortem, save_postmortem

    document = _read_document(is_internal)
    # Not held open while somebody writes: the engine and other terminals go on.
    with place.open_db() as db:
        incident = get_incident(db, _incident_id())
        seen = get_postmortem(db, incident.id)
    with _editing(seen.text(document), f"postmortem-{incident.id}-{document}.md", place.db_path()) as written:
        # One character over the limit is kept, so that a text that is too long is refused and not cut.
        text = clean_block(written, DOCUMENT_LIMIT + 1)
        with place.open_db() as db:
            stored = save_postmortem(
                db,
                incident.id,
                public=seen.public if is_internal else text,
                internal=text if is_internal else seen.internal,
                seen_revision=seen.revision,
                actor=read_actor(),
                now=now_ms(),
            )
            _print(db, incident, stored, is_json)
    if stored.revision == seen.revision:
        warn("nothing was changed.")


@contextmanager
def _editing(text: str, name: str, db_path: Path) -> Iterator[str]:
    """Lets a person change a text; when that cannot be stored, it is kept beside the database and the error says where.

    Raises UsageError when the editor cannot be run or gives up.
    """
    import shutil
    import tempfile

    from oncall_tui.export.files import keep_beside

    path = Path(tempfile.mkdtemp(prefix="oncall-tui-")) / name
    path.write_text(text, encoding="utf-8")
    try:
        _run_editor(path)
        yield path.read_text(encoding="utf-8", errors="replace")
    except OncallError as error:
        written = path.read_text(encoding="utf-8", errors="replace") if path.exists() else text
        if written != text:
            try:
                kept = keep_beside(db_path, f"{db_path.name}.{path.stem}", written)
            except OSError:
                # The disk of the database may be what fails: the text stays where it was written.
                raise _add_place(error, path) from error
            shutil.rmtree(path.parent)
            raise _add_place(error, kept) from error
        shutil.rmtree(path.parent)
        raise
    shutil.rmtree(path.parent)


def _add_place(error: OncallError, kept: Path) -> OncallError:
    words = f"{error} Your text is kept in {kept}"
    if isinstance(error, ConflictError):
        return ConflictError(words)
    if isinstance(error, RefusedError):
        return RefusedError(error.rule, words)
    return type(error)(words)


@postmortem.command()
@click.option("--html", "is_html", is_flag=True, help="As a page instead of Markdown.")
@_internal_option
@json_option
@place_options
@click.pass_obj
def preview(place: Place, is_html: bool, is_internal: bool, is_json: bool) -> None:
    """Print a document exactly as it would be published."""
    from oncall_tui.cli.output import print_json, say, warn
    from oncall_tui.export.review import find_objection, read_facts, render
    from oncall_tui.store.postmortem import get_postmortem

    with place.open_db() as db, db.snapshot():
        facts = read_facts(db, _incident_id())
        incident = facts.incident
        found = get_postmortem(db, incident.id)
    against = None if is_internal else find_objection(facts, found)
    text = render(incident, found, _read_document(is_internal), is_html=is_html)
    if is_json:
        shown: dict[str, Json] = {"incident_id": incident.id, "revision": found.revision, "lines": text.splitlines()}
        rule, reason = (None, None) if against is None else (against.rule, str(against))
        print_json({**shown, "refused_by": rule, "reason": reason})
        return
    say(text.removesuffix("\n"))
    if against is not None:
        warn(f"not to be published yet: {against} [{against.rule}]")


@postmortem.command()
@click.option("--notify", "has_notice", is_flag=True, help="Let the page tell its subscribers.")
@click.option("--as-is", "is_as_is", is_flag=True, help="Although the text names people or hosts of ours.")
@click.option("--force", "is_forced", is_flag=True, help="Over what somebody else wrote on the page.")
@json_option
@place_options
@click.pass_obj
def publish(place: Place, has_notice: bool, is_as_is: bool, is_forced: bool, is_json: bool) -> None:
    """Queue the public document for the pages."""
    from oncall_tui.cli.output import warn
    from oncall_tui.clock import now_ms
    from oncall_tui.domain.pagestate import MAIN_PAGE
    from oncall_tui.domain.postmortem import Document
    from oncall_tui.export.review import find_objection, read_facts, render
    from oncall_tui.store.page import list_pages
    from oncall_tui.store.postmortem import ask_publish, get_postmortem

    config = place.sending_config()
    with place.open_db() as db:
        with db.snapshot():
            facts = read_facts(db, _incident_id())
            incident = facts.incident
            found = get_postmortem(db, incident.id)
            known = {state.page: state.capabilities for state in list_pages(db)}
        against = find_objection(facts, found)
        if against is not None and not (is_as_is and against.rule == "internal-facts"):
            raise against
        pages = config.page_names if config else (MAIN_PAGE,)
        without = [page for page in pages if (held := known.get(page)) is not None and not held.has_postmortem]
        if (config and not config.pages) or len(without) == len(pages):
            raise RefusedError(
                "no-postmortem",
                "There is no page with a place for postmortems: "
                f"write a file with `oncall-tui postmortem {incident.id} export`.",
            )
        asked = ask_publish(
            db,
            incident.id,
            body=render(incident, found, Document.PUBLIC, is_html=False).strip(),
            notify=has_notice,
            seen_revision=found.revision,
            pages=pages,
            is_forced=is_forced,
            actor=read_actor(),
            now=now_ms(),
        )
        _print(db, incident, asked, is_json)
        if without:
            warn(f"without a place for postmortems, and skipped: {', '.join(without)}. Give out a file with `export`.")
        _warn_without_engine(place)


@postmortem.command()
@json_option
@place_options
@click.pass_obj
def revert(place: Place, is_json: bool) -> None:
    """Queue taking the published text back into a draft."""
    from oncall_tui.clock import now_ms
    from oncall_tui.store.incidents import get_incident
    from oncall_tui.store.postmortem import ask_revert

    with place.open_db() as db:
        incident = get_incident(db, _incident_id())
        _print(db, incident, ask_revert(db, incident.id, actor=read_actor(), now=now_ms()), is_json)
        _warn_without_engine(place)


@postmortem.command()
@click.option("--format", "form", type=click.Choice(["md", "html"]), default="md", show_default=True)
@_internal_option
@click.option("-o", "--output", metavar="FILE", help="Where to [postmortem-ID.md, in this folder].")
@click.option("--force", "is_replacing", is_flag=True, help="Over a file that exists.")
@json_option
@place_options
@click.pass_obj
def export(place: Place, form: str, is_internal: bool, output: str | None, is_replacing: bool, is_json: bool) -> None:
    """Write a document to a file, whole or not at all."""
    from oncall_tui.cli.output import print_json, say
    from oncall_tui.export.files import write_file
    from oncall_tui.export.review import render
    from oncall_tui.store.incidents import get_incident
    from oncall_tui.store.postmortem import get_postmortem

    with place.open_db() as db, db.snapshot():
        incident = get_incident(db, _incident_id())
        found = get_postmortem(db, incident.id)
    if output is not None and (not output or "\0" in output):
        raise UsageError("-o: name a file.")
    kind = "-internal" if is_internal else ""
    path = Path(output or f"postmortem-{incident.id}{kind}.{form}").absolute()
    text = render(incident, found, _read_document(is_internal), is_html=form == "html")
    write_file(path, text, is_replacing=is_replacing, mode=0o600 if is_internal else 0o644)
    if is_json:
        print_json({"incident_id": incident.id, "revision": found.revision, "file": str(path)})
    else:
        say(f"Wrote {path}")


@postmortem.command()
@json_option
@place_options
@click.pass_obj
def show(place: Place, is_json: bool) -> None:
    """Tell how far the review has got, and where it is published."""
    from oncall_tui.store.incidents import get_incident
    from oncall_tui.store.postmortem import get_postmortem

    with place.open_db() as db:
        incident = get_incident(db, _incident_id())
        _print(db, incident, get_postmortem(db, incident.id), is_json)


def _read_document(is_internal: bool) -> Document:
    from oncall_tui.domain.postmortem import Document

    return Document.INTERNAL if is_internal else Document.PUBLIC


def _run_editor(path: Path) -> None:
    import os
    import shlex
    import signal
    import subprocess

    named = os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"
    try:
        command = shlex.split(named)
    except ValueError as error:
        raise UsageError(f"EDITOR cannot be read ({error}): name a program in it.") from error
    # ctrl+c belongs to the editor. Not ignored: what is ignored stays so in the editor.
    before = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        done = subprocess.run([*command, str(path)], check=False)
    except OSError as error:
        raise UsageError(f"{named} could not be started ({error.strerror}): name another in EDITOR.") from error
    finally:
        signal.signal(signal.SIGINT, before)
    if done.returncode:
        raise UsageError(f"{named} ended with {done.returncode}: nothing was stored.")


def _warn_without_engine(place: Place) -> None:
    from oncall_tui.cli.output import warn
    from oncall_tui.store.lock import is_engine_running

    if not is_engine_running(place.db_path()):
        warn("queued; no engine is running: start oncall-tui, or run `oncall-tui sync`.")


def _print(db: Database, incident: Incident, found: Postmortem, is_json: bool) -> None:
    from oncall_tui.cli.output import print_json, say, show_time
    from oncall_tui.domain.postmortem import tell_publication
    from oncall_tui.domain.sanitize import clean_line

    if is_json:
        print_json(
            {
                "incident_id": incident.id,
                "revision": found.revision,
                "created_at": show_time(found.created_at),
                "created_by": found.created_by,
                "updated_at": show_time(found.updated_at),
                "updated_by": found.updated_by,
                "pages": [_shape(each, found.revision) for each in found.publications],
            }
        )
        return
    who = clean_line(found.updated_by)
    lines = [f"Postmortem of #{incident.id}: revision {found.revision}, {show_time(found.updated_at)} by {who}"]
    for each in found.publications:
        since = show_time(each.published_at) or ""
        lines.append(
            f"  {clean_line(each.page)}: {tell_publication(each, found.revision, since)}{_tell_hold(db, each)}"
        )
    if not found.publications:
        lines.append("  a draft: not published anywhere")
    say("\n".join(lines))


def _tell_hold(db: Database, publication: Publication) -> str:
    """Returns what a waiting one waits for before the engine may begin."""
    from oncall_tui.domain.postmortem import PublicationState
    from oncall_tui.store.incidents import get_incident
    from oncall_tui.store.outbox import list_deliveries

    if publication.state is not PublicationState.PUBLISHING:
        return ""
    if get_incident(db, publication.incident_id).status.is_open:
        return "; waits until the incident is resolved again"
    ours = (publication.incident_id, publication.page)
    is_held = any((each.incident_id, each.page) == ours for each in list_deliveries(db))
    return "; waits for the updates of the incident: `oncall-tui outbox list`" if is_held else ""


def _shape(publication: Publication, revision: int) -> dict[str, Json]:
    from oncall_tui.cli.output import show_time

    return {
        "page": publication.page,
        "state": publication.state,
        "reason": publication.reason,
        "published_at": show_time(publication.published_at),
        "is_current": publication.revision == revision,
        "notify": publication.notify,
        "asked_at": show_time(publication.asked_at),
        "asked_by": publication.asked_by,
        "attempts": publication.attempts,
        "next_try_at": show_time(publication.next_try_at),
    }
