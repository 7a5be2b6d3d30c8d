"""`oncall-tui init` and `oncall-tui check`: from no config to one that is known to be right."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from oncall_tui.cli.group import json_option, place_options
from oncall_tui.cli.place import Place

if TYPE_CHECKING:
    from oncall_tui.config.model import Config


@click.command()
@click.argument("path", default="oncall.toml")
@json_option
def init(path: str, is_json: bool) -> None:
    """Write a commented starter config (PATH: oncall.toml); never overwrites."""
    from oncall_tui.cli.output import print_json, say
    from oncall_tui.config.starter import write_starter
    from oncall_tui.domain.errors import UsageError

    if "\0" in path:
        raise UsageError("The path holds a NUL byte: name a file.")
    target = Path(path)
    write_starter(target)
    if is_json:
        print_json({"path": str(target.absolute())})
    else:
        say(f"Wrote {target}. Fill it in, then run `oncall-tui check --config {target}`, then `oncall-tui`.")


@click.command()
@click.argument("path", required=False)
@json_option
@place_options
@click.pass_obj
def check(place: Place, path: str | None, is_json: bool) -> None:
    """Check the config and tell every fault with its line; exit 2 when there is one.

    What the config needs and is not here, such as a token or an extra, is a warning: the engine may run elsewhere.
    """
    import os

    from oncall_tui.cli.output import print_json, say
    from oncall_tui.cli.windows import shape_windows, tell_windows
    from oncall_tui.clock import now_ms
    from oncall_tui.domain.counting import count_words
    from oncall_tui.domain.errors import ConfigError
    from oncall_tui.domain.sanitize import clean_line
    from oncall_tui.engine.needs import check_needs

    if path is not None:
        place.config = path
    config = place.load_config()
    _check_theme(config)
    if config.template_faults:
        raise ConfigError(config.template_faults)
    lacking = [need for need in check_needs(config, os.environ) if need.fault]
    if is_json:
        print_json(
            {
                "path": str(config.path),
                "is_valid": True,
                "probes": len(config.probes),
                "sources": sum(probe.intake is not None for probe in config.probes),
                "components": len(config.components),
                "pages": [page.name for page in config.pages],
                "windows": shape_windows(config, now_ms()),
                "warnings": [f"{need.what}: {need.fault}" for need in lacking],
            }
        )
        return
    page = ", ".join(f"page {page.page_id} at {page.api_url}" for page in config.pages)
    page = page or "no page: updates stay queued"
    probes, components = count_words(len(config.probes), "probe"), count_words(len(config.components), "component")
    sources = sum(probe.intake is not None for probe in config.probes)
    read = f" ({count_words(sources, 'source')} among them)" if sources else ""
    say(f"{config.path} is right: {probes}{read}, {components}, {page}.")
    for line in tell_windows(config, now_ms()):
        say(line)
    for need in lacking:
        say(clean_line(f"warning: {need.what}: {need.fault} → {need.advice}"))


def _check_theme(config: Config) -> None:
    """Raises ConfigError for a theme that there is no file of."""
    if config.theme is None:
        return
    from oncall_tui.cli.wording import suggest
    from oncall_tui.domain.errors import ConfigError
    from oncall_tui.tui.themes import read_themes

    names = [theme.name for theme in read_themes()[0]]
    if config.theme not in names:
        fault = f"no theme is called {config.theme}{suggest(config.theme, names)}, allowed: {', '.join(names)}"
        raise ConfigError((f"{config.path}: theme: {fault}",))
