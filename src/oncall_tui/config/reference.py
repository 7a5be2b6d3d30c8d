"""Makes docs/config.md from the schema, so that the reference cannot drift from what is accepted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from oncall_tui.config import schema
from oncall_tui.config.form import Key, Table, keys_of
from oncall_tui.domain.duration import DURATION_FORM, write_duration

_INTRODUCTION = f"""\
# Config reference

<!-- Made from src/oncall_tui/config/schema/; a test compares the two. -->

oncall-tui reads one TOML file, the first of these that there is:

1. the path after `--config`
2. the path in `ONCALL_TUI_CONFIG`
3. `oncall.toml` in the folder where it is started
4. `oncall-tui/oncall.toml` in your config folder (`~/.config` on Linux)

`oncall-tui init [PATH]` writes a starter, and `oncall-tui check` tells every fault of a file at once, one a line, as
`file:line: key: what is wrong, what is allowed`. Every key in use: [examples/config.toml](../examples/config.toml).

A length of time is {DURATION_FORM.replace('"', "`")}. Paths are relative to the folder of the
config; `~/` is your home.
"""
_KIND_WORDS = {
    "http": "Asks for a URL and judges status, body and latency.",
    "tcp": "Opens a connection and closes it.",
    "tls": "Makes a TLS handshake and reads the certificate.",
    "dns": "Looks a name up.",
    "upstream": (
        "Reads what a provider says of itself: is it us or them. A major outage there is down; partial outage, degraded"
        " performance, planned work and any open incident degrade; a page that cannot be read says nothing."
    ),
    "smtp": "Reads the greeting of a mail server, asks for STARTTLS and reads the certificate; no mail is sent.",
    "imap": "Reads the greeting of a mailbox server, asks for STARTTLS and reads the certificate; nobody logs in.",
    "icmp": "Pings a host. Needs no root; where the kernel forbids it, the probe says what to set and stays unknown.",
    "domain": "Asks the registry of a domain, by RDAP, how long it lasts; one that does not answer says nothing.",
    "websocket": (
        "Opens a WebSocket, sends a text and awaits one where the config says so, and closes. Without `contains` the"
        " handshake alone is judged. Redirects are not followed."
    ),
    "grpc": (
        "Asks the health service of a gRPC server (grpc.health.v1) for one of its services: SERVING is up. Needs"
        " `pip install 'oncall-tui[grpc]'`; without it the probe stays unknown and says so."
    ),
    "push": "Waits for signs of life of a job: it is down when there was none for too long (a dead man's switch).",
}

_AUTH_WORDS = (
    "Exactly one of env, file and command. The token is sent to the origin of the URL alone, over https, and stands in"
    " no file of ours, no fact and no message."
)

_SOURCE_WORDS = (
    "Prometheus, Alertmanager and Gatus, whose findings stand on the board as probes: see"
    " [docs/prometheus.md](prometheus.md)."
)


def render_reference() -> str:
    """Returns the text of docs/config.md."""
    common = [key for key in schema.TcpProbe.__struct_fields__ if key not in ("target", "expect")]
    parts = [
        _INTRODUCTION,
        _section("At the top", "", schema.FileTable, schema.FileTable.__struct_fields__),
        _section("`[updates]`", "", schema.UpdatesTable, schema.UpdatesTable.__struct_fields__),
        _section(
            "`[updates.sev1]` to `[updates.sev4]`",
            "How often customers hear from you; what is absent is as usual.",
            schema.RhythmTable,
            schema.RhythmTable.__struct_fields__,
        ),
        _section(
            "`[page]` or `[[page]]`",
            "Where updates are published.",
            schema.PageTable,
            schema.PageTable.__struct_fields__,
        ),
        _section(
            "`page.token`",
            "Exactly one of these. The token itself stands in no file of ours, and no message shows it.",
            schema.TokenTable,
            schema.TokenTable.__struct_fields__,
        ),
        _section(
            "`[[broadcast]]`",
            "Channels beside the pages, through Apprise (`pip install 'oncall-tui[broadcast]'`).",
            schema.BroadcastTable,
            schema.BroadcastTable.__struct_fields__,
        ),
        _section(
            "`broadcast.url`",
            "Exactly one of these. The address may hold a password: no file of ours holds it, no message shows it.",
            schema.AddressTable,
            schema.AddressTable.__struct_fields__,
        ),
        _section(
            "`[lint]`",
            "The rules on words are listed in [docs/lint.md](lint.md).",
            schema.LintTable,
            schema.LintTable.__struct_fields__,
        ),
        _section("`[[source]]`", _SOURCE_WORDS, schema.SourceTable, schema.SourceTable.__struct_fields__),
        _section(
            "`[[hook]]`",
            "What is called, and what it gets: see [docs/notices.md](notices.md). One of command, url and secret_url.",
            schema.HookTable,
            schema.HookTable.__struct_fields__,
        ),
        _section("`[notice]`", "", schema.NoticeTable, schema.NoticeTable.__struct_fields__),
        _section(
            "`[[window]]`",
            "Work that comes again and that customers are not told of: see [docs/maintenance.md](maintenance.md).",
            schema.WindowTable,
            schema.WindowTable.__struct_encode_fields__,
        ),
        _section("`[[component]]`", "", schema.ComponentTable, schema.ComponentTable.__struct_fields__),
        _section("`[[probe]]`", "Keys of every probe.", schema.TcpProbe, common),
    ]
    for kind in schema.KINDS:
        table = schema.PROBE_TABLES[kind]
        own = [
            key
            for key in table.__struct_fields__
            if key not in common or schema.doc_of(table, key) != schema.doc_of(schema.TcpProbe, key)
        ]
        parts.append(_section(f"Probes of kind `{kind}`", _KIND_WORDS[kind], table, own))
        if kind == "http":
            keys = schema.AuthTable.__struct_fields__
            parts.append(
                _section("`auth` of kinds `http` and `websocket`", _AUTH_WORDS, schema.AuthTable, keys, level=3)
            )
        expect = schema.expect_of(table)
        parts.append(_section(f"`expect` of kind `{kind}`", "", expect, expect.__struct_fields__, level=3))
    return "\n".join(parts)


def _section(title: str, words: str, table: type[Table], keys: Iterable[str], *, level: int = 2) -> str:
    lines = [f"{'#' * level} {title}", ""]
    if words:
        lines += [words, ""]
    lines += ["| key | meaning | allowed | default |", "|---|---|---|---|"]
    return "\n".join([*lines, *_rows(table, keys), ""])


def _rows(table: type[Table], keys: Iterable[str]) -> Iterator[str]:
    for name in keys:
        key = keys_of(table)[name]
        yield f"| `{name}` | {key.doc.meaning} | {key.doc.allowed} | {_show_default(key)} |"


def _show_default(key: Key) -> str:
    value = key.default
    if key.is_needed:
        return "**needed**"
    if value is None or value == () or isinstance(value, Table):
        return ""
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, int) and key.doc.allowed.startswith("a length of time"):
        return f"`{write_duration(value)}`"
    if isinstance(value, str):
        return f'`"{value}"`'
    return f"`{list(value) if isinstance(value, tuple) else value}`"
