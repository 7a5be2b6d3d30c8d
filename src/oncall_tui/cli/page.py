"""`oncall-tui page`: the embedded status page."""

from __future__ import annotations

from pathlib import Path

import click

from oncall_tui.cli.group import place_options
from oncall_tui.cli.place import Place

TOKEN_VARIABLE = "STATUSPAGE_TOKEN"  # noqa: S105 - the name of a variable, not a token


@click.group()
@place_options
def page() -> None:
    """Serve the embedded status page."""


@page.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=0, show_default=True, type=click.IntRange(0, 65535), help="Port; 0 takes a free one.")
@click.option("--data", metavar="FILE", help="The page's own database [status-page.db beside ours].")
@click.option("--page-id", help="Id of a new page [a random one].")
@click.option("--name", help="Name of the page, for customers.")
@click.option(
    "--component", "components", multiple=True, help="A component of a new page; may be repeated [those of the config]."
)
@click.option("--public-url", help="What links begin with, behind a proxy.")
@click.option("--requests-per-minute", type=click.IntRange(1), help="Limit the write API as the original does.")
@place_options
@click.pass_obj
def serve(
    place: Place,
    host: str,
    port: int,
    data: str | None,
    page_id: str | None,
    name: str | None,
    components: tuple[str, ...],
    public_url: str | None,
    requests_per_minute: int | None,
) -> None:
    """Serve a Statuspage-compatible page until it is told to stop.

    Its address and its id are printed as a [page] table, ready to be put into a config. Writers must show the token in
    STATUSPAGE_TOKEN, else the one that a new page is given: it is printed once, and later in a terminal alone.
    """
    import os
    import sys

    from oncall_tui.cli.output import say
    from oncall_tui.domain.errors import UsageError
    from oncall_tui.statuspage import server
    from oncall_tui.statuspage.pagefile import prepare

    if data is not None and "\0" in data:
        raise UsageError("The path of --data holds a NUL byte: name a file.")
    file = place.db_path().with_name("status-page.db") if data is None else Path(data)
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    # Never an argument, which everyone who lists processes reads.
    given = os.environ.get(TOKEN_VARIABLE)
    is_told = not file.exists() or sys.stdout.isatty()
    config = place.try_config()
    if not components and config is not None:
        components = tuple(component.name for component in config.components)
    identity = prepare(file, given, page_id, name, components, server.read_clock())

    def tell(url: str) -> None:
        known = "THE-ONE-THAT-YOU-GAVE" if given else "THE-ONE-PRINTED-AT-FIRST"
        say(server.describe(url, identity.page_id, identity.token if is_told and not given else known))
        if not components:
            say("\nA new page has no components yet: name them with --component NAME, as in your config.")
        sys.stdout.flush()

    server.serve_file(
        host,
        port,
        file,
        identity.token,
        tell,
        public_url=public_url,
        requests_per_minute=requests_per_minute,
    )
