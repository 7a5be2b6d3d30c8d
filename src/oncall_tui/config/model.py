"""What a config says, as plain frozen records that any process can hold without the validation library."""

from __future__ import annotations

from pathlib import Path

from msgspec import Struct, field

from oncall_tui.domain.cadence import USUAL_RHYTHM, Rhythm
from oncall_tui.domain.hook import HookEvent, Rate
from oncall_tui.domain.lint.model import Audience, Tuning
from oncall_tui.domain.pagestate import MAIN_PAGE
from oncall_tui.domain.probe import Credential, Probe
from oncall_tui.domain.template import Template
from oncall_tui.domain.template_variables import NO_TEAM, Team
from oncall_tui.domain.windows import Window

SEND_WINDOW_MS = 5_000


class TokenSource(Struct, frozen=True):
    """Where the page's token comes from; exactly one is set. The token itself is read late and never kept here."""

    env: str | None = None
    file: Path | None = None
    command: tuple[str, ...] | None = None


class PageConfig(Struct, frozen=True):
    """A status page to publish to."""

    api_url: str
    page_id: str
    token: TokenSource
    name: str = MAIN_PAGE
    adapter: str = "statuspage"
    public_url: str | None = None
    requests_per_minute: int = 60
    request_timeout_ms: int = 10_000
    quiet_period_ms: int = 30_000
    send_window_ms: int = SEND_WINDOW_MS
    resends_unasked: bool = False


class BroadcastConfig(Struct, frozen=True):
    """A channel beside the pages; its address is a secret. `form` says how it counts, `limit` is None for the usual."""

    name: str
    form: str
    url: TokenSource
    limit: int | None = None


class HookConfig(Struct, frozen=True):
    """What is called when the state of a probe has changed for certain; one of the first three is set.

    `url` is shown nowhere but for its host, and what `secret_url` leads to not at all.
    """

    name: str
    command: tuple[str, ...] | None = None
    url: str | None = None
    secret_url: TokenSource | None = None
    auth: Credential | None = None
    on: frozenset[HookEvent] = frozenset({HookEvent.DOWN, HookEvent.UP, HookEvent.FLAPPING})
    at_most: Rate = Rate(30, 3_600_000)
    timeout_ms: int = 10_000


class NoticeConfig(Struct, frozen=True):
    """How a terminal makes itself noticed; `desktop` is `osc9`, `osc777` or `none`."""

    bell: bool = True
    desktop: str = "none"


class ComponentConfig(Struct, frozen=True):
    name: str
    remote_id: str | None = None


class Config(Struct, frozen=True):
    """One loaded file. Without a page, updates stay in the outbox and the screens say so.

    `second_person` are the severities whose updates somebody else has to send. `templates` are the team's own;
    `template_faults` tell of files among them that cannot be used, a line each.
    """

    path: Path
    pages: tuple[PageConfig, ...] = ()
    components: tuple[ComponentConfig, ...] = ()
    probes: tuple[Probe, ...] = ()
    vantage: tuple[str, ...] = ()
    theme: str | None = None
    team: Team = NO_TEAM
    rhythm: Rhythm = USUAL_RHYTHM
    second_person: frozenset[int] = frozenset()
    page_zone: str = "UTC"
    templates: tuple[Template, ...] = ()
    templates_folder: Path | None = None
    template_faults: tuple[str, ...] = ()
    folder: Path = field(default=Path())
    broadcasts: tuple[BroadcastConfig, ...] = ()
    tuning: Tuning = Tuning()
    audience: Audience | None = None
    least_notice_ms: int | None = None
    hooks: tuple[HookConfig, ...] = ()
    notice: NoticeConfig = NoticeConfig()
    windows: tuple[Window, ...] = ()

    @property
    def send_window_ms(self) -> int:
        """How long an update can be taken back: as long as the most careful page has it."""
        return max((page.send_window_ms for page in self.pages), default=SEND_WINDOW_MS)

    @property
    def page_names(self) -> tuple[str, ...]:
        """The pages that an update goes to; without any it waits for the one that a later config names."""
        return tuple(page.name for page in self.pages) or (MAIN_PAGE,)

    @property
    def broadcast_names(self) -> tuple[str, ...]:
        return tuple(broadcast.name for broadcast in self.broadcasts)
