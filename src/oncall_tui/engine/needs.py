"""What a config needs from this host: tokens where it says that they are, and what its probes need installed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from msgspec import Struct

from oncall_tui.config.model import Config, TokenSource
from oncall_tui.config.token import read_token
from oncall_tui.domain.errors import UsageError
from oncall_tui.domain.probe import Credential, ProbeKind
from oncall_tui.domain.template import join_names
from oncall_tui.engine.probes.grpc import INSTALL, has_http2

_AT_ONCE = 8
_NAMES_TOLD = 3
_UPDATES_WAIT = "updates stay queued until there is one"
_CALLS_FAIL = "nobody is called until there is one"
_PROBES_WAIT = "the probe is unknown until there is one"


class Need(Struct, frozen=True):
    """Something that a config needs: `fault` is empty when it is there. Without what is not vital, little is lost."""

    what: str
    fault: str = ""
    advice: str = ""
    is_vital: bool = True


def check_needs(config: Config, environ: Mapping[str, str]) -> list[Need]:
    """Returns each token that the config names, and the extras that its probes lack.

    Tokens are read as the engine reads them, commands run, and are never told. This blocks, 10 s at most for each
    command that hangs.
    """
    holders: dict[tuple[TokenSource, str, str], list[str]] = {}
    for who, source, key, advice in _list_tokens(config):
        holders.setdefault((source, key, advice), []).append(who)

    def read(source: TokenSource, key: str) -> str:
        try:
            read_token(source, environ, key)
        except UsageError as error:
            return str(error)
        return ""

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        faults = list(pool.map(lambda held: read(held[0], held[1]), holders))
    tokens = [
        Need(_tell_holders(names), fault, advice)
        for ((_, _, advice), names), fault in zip(holders.items(), faults, strict=True)
    ]
    return [*tokens, *_check_extras(config)]


def _list_tokens(config: Config) -> Iterator[tuple[str, TokenSource, str, str]]:
    """Yields whose token it is, where it is, the key of the config that says so, and what is lost without it."""
    for page in config.pages:
        yield ("" if len(config.pages) == 1 else page.name), page.token, "page.token", _UPDATES_WAIT
    for broadcast in config.broadcasts:
        yield f"broadcast {broadcast.name}", broadcast.url, "broadcast.url", _UPDATES_WAIT
    for probe in config.probes:
        if probe.request.auth is not None:
            key = "probe.auth" if probe.intake is None else "source.token"
            yield probe.name, _find_source(probe.request.auth), key, _PROBES_WAIT
    for hook in config.hooks:
        if hook.auth is not None:
            yield f"hook {hook.name}", _find_source(hook.auth), "hook.auth", _CALLS_FAIL
        if hook.secret_url is not None:
            yield f"hook {hook.name}", hook.secret_url, "hook.secret_url", _CALLS_FAIL


def _find_source(credential: Credential) -> TokenSource:
    return TokenSource(credential.env, None if credential.file is None else Path(credential.file), credential.command)


def _tell_holders(names: list[str]) -> str:
    return f"token of {_tell_names(names)}" if any(names) else "token"


def _tell_names(names: list[str]) -> str:
    more = len(names) - _NAMES_TOLD
    return join_names([*names[:_NAMES_TOLD], f"{more} more"] if more > 0 else names)


def _check_extras(config: Config) -> list[Need]:
    names = [probe.name for probe in config.probes if probe.kind is ProbeKind.GRPC]
    if not names or has_http2():
        return []
    fault = f"HTTP/2 is missing here, so that nothing is known of {_tell_names(names)}"
    return [Need("grpc", fault, INSTALL, is_vital=False)]
