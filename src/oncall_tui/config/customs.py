"""How the team of a config tells of its planned work."""

from __future__ import annotations

from oncall_tui.config.model import Config
from oncall_tui.content import load_templates
from oncall_tui.domain.announcing import Customs


def customs_of(config: Config | None) -> Customs:
    """Returns it; without a config there are our templates alone."""
    if config is None:
        return Customs(load_templates())
    return Customs(
        load_templates(config.templates), config.team, config.least_notice_ms, config.audience, bool(config.pages)
    )
