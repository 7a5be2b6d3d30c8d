"""`oncall-tui template`: the prepared words, ours and the team's, and those that a page keeps."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from oncall_tui.cli.group import json_option, place_options
from oncall_tui.cli.place import Place, read_actor
from oncall_tui.domain.errors import NotFoundError, UsageError

if TYPE_CHECKING:
    from oncall_tui.cli.output import Json
    from oncall_tui.config.model import PageConfig
    from oncall_tui.domain.template import Template
    from oncall_tui.domain.template_trial import Fault


@click.group()
@place_options
def template() -> None:
    """List, show, check and fetch the prepared words."""


@template.command("list")
@json_option
@place_options
@click.pass_obj
def list_command(place: Place, is_json: bool) -> int:
    """List all templates, a team's own in the place of ours; exit 1 when a file cannot be used."""
    from oncall_tui.cli.output import format_table, print_json, say, warn

    templates, faults = _load(place)
    if is_json:
        print_json([_shape(each) for each in templates])
    else:
        rows = [
            (
                each.key,
                each.moment,
                ",".join(each.states),
                ",".join(each.causes) or "any",
                each.audience,
                Path(each.source).name if each.source else "",
                each.title,
            )
            for each in templates
        ]
        say(format_table(("KEY", "MOMENT", "STATES", "CAUSES", "READERS", "FILE", "TITLE"), rows))
    for fault in faults:
        warn(fault)
    return 1 if faults else 0


@template.command()
@click.argument("key")
@click.option("--incident", "number", metavar="ID", help="Fill it in with what is known of an incident.")
@json_option
@place_options
@click.pass_obj
def show(place: Place, key: str, number: str | None, is_json: bool) -> None:
    """Show a template as it is written, and as it reads: with samples, or for an incident."""
    from oncall_tui.cli.output import print_json, say
    from oncall_tui.domain.template import VARIABLE
    from oncall_tui.domain.template_choice import find_template
    from oncall_tui.domain.template_trial import try_template

    found = find_template(_load(place)[0], key)
    text = next(try_template(found)).text if number is None else _fill(place, number, found)
    open_names = sorted(set(VARIABLE.findall(text)) & found.variables)
    if is_json:
        print_json({**_shape(found), "body": found.body.strip(), "text": text, "open": open_names})
        return
    say(f"{found.key}  {found.title}{f'  ({found.source})' if found.source else ''}")
    say()
    say(found.body.strip())
    say()
    say("WITH SAMPLES" if number is None else f"FOR #{number.removeprefix('#')}")
    say()
    say(text)
    if open_names:
        say()
        say(f"Still to be filled: {', '.join(open_names)}.")


@template.command()
@json_option
@place_options
@click.pass_obj
def variables(place: Place, is_json: bool) -> None:
    """List what a template may ask for, with a sample of each."""
    from oncall_tui.cli.output import format_table, print_json, say
    from oncall_tui.domain.template_variables import VARIABLES

    del place
    if is_json:
        print_json([{"name": name, "meaning": each.meaning, "sample": each.sample} for name, each in VARIABLES.items()])
    else:
        rows = [(name, each.meaning, each.sample) for name, each in VARIABLES.items()]
        say(format_table(("NAME", "MEANING", "SAMPLE"), rows))


@template.command("lint")
@click.argument("keys", nargs=-1, metavar="[KEY]...")
@json_option
@place_options
@click.pass_obj
def lint_command(place: Place, keys: tuple[str, ...], is_json: bool) -> int:
    """Try templates with sample facts, with facts missing and on each channel; exit 1 when one has faults."""
    from oncall_tui.cli.output import print_json, say
    from oncall_tui.domain.sanitize import clean_line
    from oncall_tui.domain.template_choice import find_template
    from oncall_tui.domain.template_trial import find_faults

    templates, faults = _load(place)
    chosen = [find_template(templates, key) for key in keys] or list(templates)
    config = place.try_config()
    found = [(each, fault) for each in chosen for fault in find_faults(each, config.tuning if config else None)]
    if is_json:
        print_json({"files": list(faults), "faults": [_shape_fault(each, fault) for each, fault in found]})
    else:
        for line in faults:
            say(line)
        for each, fault in found:
            finding, trial = fault.finding, fault.trial
            where = f" on {trial.form}" if trial.form else ""
            without = f" without {', '.join(sorted(trial.missing)[:3])}" if trial.missing else ""
            say(f"{each.source or each.key}: {finding.level} {finding.rule}{where}{without}: {finding.message}")
            shown = (trial.title if finding.part == "title" else trial.text)[finding.start : finding.end]
            if shown:
                say(f"    {clean_line(shown, 100)}")
        if not found and not faults:
            say(f"{len(chosen)} templates read well.")
    return 1 if found or faults else 0


@template.command()
@click.option("--page", "page_name", metavar="NAME", help="The page to read [the first one that is configured].")
@click.option("--to", "folder", metavar="DIR", help="Where to write them [the folder of templates in the config].")
@click.option("--force", "is_forced", is_flag=True, help="Write over files that are there.")
@json_option
@place_options
@click.pass_obj
def pull(place: Place, page_name: str | None, folder: str | None, is_forced: bool, is_json: bool) -> None:
    """Write the templates that a page keeps into a folder, a file each."""
    import asyncio

    from oncall_tui.cli.output import print_json, say
    from oncall_tui.cli.template_files import name_key, save_all, write_toml
    from oncall_tui.engine.pulling import pull_templates

    config = place.load_config()
    page = _choose_page(config.pages, page_name)
    target = Path(folder).absolute() if folder else config.templates_folder
    if target is None:
        raise UsageError('Say where to write: `--to DIR`, or `templates = "DIR"` in the config.')
    pulled = asyncio.run(pull_templates(place.db_path(), page))
    files: dict[str, str] = {}
    keys: list[str] = []
    for each in pulled:
        key = name_key(each.name, keys)
        keys.append(key)
        files[f"{key.replace('.', '-')}.toml"] = write_toml(each, key)
    saved = save_all(target, files, is_forced=is_forced)
    if is_json:
        print_json([{"key": key, "file": str(path)} for key, path in zip(keys, saved, strict=True)])
    elif not saved:
        say(f"{page.name} keeps no templates.")
    else:
        for key, path in zip(keys, saved, strict=True):
            say(f"{key}  {path}")
        say("Check them with `oncall-tui template lint`.")


def _load(place: Place) -> tuple[tuple[Template, ...], tuple[str, ...]]:
    """Returns all templates, and the faults of files that cannot be used."""
    from oncall_tui.content import load_templates

    config = place.try_config()
    return (load_templates(config.templates), config.template_faults) if config else (load_templates(), ())


def _choose_page(pages: tuple[PageConfig, ...], name: str | None) -> PageConfig:
    if not pages:
        raise UsageError("The config has no [page] to read from.")
    if name is None:
        return pages[0]
    for page in pages:
        if page.name == name:
            return page
    raise NotFoundError(f"There is no page {name}; known: {', '.join(page.name for page in pages)}.")


def _fill(place: Place, number: str, found: Template) -> str:
    from oncall_tui.cli.incident import read_id
    from oncall_tui.clock import now_ms
    from oncall_tui.config.model import Config
    from oncall_tui.store.letters import fill_letter

    config = place.try_config() or Config(Path())
    with place.open_db() as db, db.snapshot():
        return fill_letter(db, read_id(number), found, read_actor(), now_ms(), team=config.team, rhythm=config.rhythm)


def _shape(each: Template) -> dict[str, Json]:
    return {
        "key": each.key,
        "title": each.title,
        "states": list(each.states),
        "moment": each.moment,
        "causes": list(each.causes),
        "audience": each.audience,
        "needed": sorted(each.needed),
        "variables": sorted(each.variables),
        "file": each.source or None,
    }


def _shape_fault(each: Template, fault: Fault) -> dict[str, Json]:
    return {
        "key": each.key,
        "file": each.source or None,
        "rule": fault.finding.rule,
        "level": fault.finding.level,
        "message": fault.finding.message,
        "channel": fault.trial.form or None,
        "without": sorted(fault.trial.missing),
        "text": fault.trial.text,
    }
