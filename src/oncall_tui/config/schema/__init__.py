"""The form of a config file: every key with what it means, what it allows and its default.

The words here are shown in faults and make docs/config.md. Annotations are read at run time, so they are not postponed.
"""

from collections.abc import Mapping
from typing import Annotated

from oncall_tui.config import values
from oncall_tui.config.form import Doc, Mismatch, OneOrMany, Path, Table, keys_of, read_table
from oncall_tui.config.schema.expects import (
    DnsExpect,
    HttpExpect,
    IcmpExpect,
    PushExpect,
    TcpExpect,
    TlsExpect,
    WebsocketExpect,
)
from oncall_tui.config.schema.fields import Name, text
from oncall_tui.config.schema.hooks import HookTable, NoticeTable
from oncall_tui.config.schema.lint import LintTable
from oncall_tui.config.schema.probes import (
    KINDS,
    PROBE_TABLES,
    AuthTable,
    DnsProbe,
    DomainProbe,
    GrpcProbe,
    HttpProbe,
    IcmpProbe,
    KnownProbe,
    MailProbe,
    ProbeTable,
    PushProbe,
    TcpProbe,
    TlsProbe,
    UpstreamProbe,
    VantageTable,
    WebsocketProbe,
    expect_of,
    kinds_with,
)
from oncall_tui.config.schema.publishing import AddressTable, BroadcastTable, ComponentTable, PageTable, TokenTable
from oncall_tui.config.schema.sources import SourceTable
from oncall_tui.config.schema.updates import RhythmTable, UpdatesTable
from oncall_tui.config.schema.windows import WindowTable

__all__ = [
    "KINDS",
    "PROBE_TABLES",
    "AddressTable",
    "AuthTable",
    "BroadcastTable",
    "ComponentTable",
    "DnsExpect",
    "DnsProbe",
    "DomainProbe",
    "FileTable",
    "GrpcProbe",
    "HookTable",
    "HttpExpect",
    "HttpProbe",
    "IcmpExpect",
    "IcmpProbe",
    "KnownProbe",
    "LintTable",
    "MailProbe",
    "NoticeTable",
    "PageTable",
    "PushExpect",
    "PushProbe",
    "RhythmTable",
    "SourceTable",
    "TcpExpect",
    "TcpProbe",
    "TlsExpect",
    "TlsProbe",
    "TokenTable",
    "UpdatesTable",
    "UpstreamProbe",
    "WebsocketExpect",
    "WebsocketProbe",
    "WindowTable",
    "doc_of",
    "expect_of",
    "kinds_with",
    "table_at",
    "validate",
]


class FileTable(Table, frozen=True, kw_only=True):
    theme: Annotated[Name | None, Doc("The theme that the screens start with.", "the name of a theme")] = None
    templates: Annotated[
        str | None,
        text(values.check_path),
        Doc("Folder of your own templates, a TOML file each; they go before the shipped ones.", "the path of a folder"),
    ] = None
    updates: Annotated[
        UpdatesTable,
        Doc("What updates to customers take from here.", f"a table of {', '.join(UpdatesTable.__struct_fields__)}"),
    ] = UpdatesTable()
    page: Annotated[
        tuple[PageTable, ...],
        OneOrMany(),
        Doc(
            "The status page to publish to; without it, updates wait in the outbox.",
            "one [page] table, or a [[page]] table with a name for each page",
        ),
    ] = ()
    broadcast: Annotated[
        tuple[BroadcastTable, ...],
        Doc(
            "Each channel that is told once customers can read an update on a page.",
            "[[broadcast]] tables, double brackets",
        ),
    ] = ()
    lint: Annotated[
        LintTable,
        Doc("What your team tunes about the rules on words.", f"a table of {', '.join(LintTable.__struct_fields__)}"),
    ] = LintTable()
    hook: Annotated[
        tuple[HookTable, ...],
        Doc("Each command or URL that is called when a state changes.", "[[hook]] tables, double brackets"),
    ] = ()
    notice: Annotated[
        NoticeTable,
        Doc("How a terminal makes itself noticed.", f"a table of {', '.join(NoticeTable.__struct_fields__)}"),
    ] = NoticeTable()
    window: Annotated[
        tuple[WindowTable, ...],
        Doc("Each stretch of time that comes again, in which probes are under maintenance.", "[[window]] tables"),
    ] = ()
    vantage: Annotated[
        VantageTable,
        Doc("How this host finds out that it is itself cut off.", "a table of targets"),
    ] = VantageTable()
    component: Annotated[
        tuple[ComponentTable, ...],
        Doc("Each thing that customers see on the page.", "[[component]] tables, double brackets"),
    ] = ()
    probe: Annotated[
        tuple[ProbeTable, ...],
        Doc("Each check of one target.", "[[probe]] tables, double brackets"),
    ] = ()
    source: Annotated[
        tuple[SourceTable, ...],
        Doc("Each engine of others that is read.", "[[source]] tables, double brackets"),
    ] = ()

    @property
    def probes(self) -> tuple[KnownProbe, ...]:
        """The probes as they are once the file holds no fault: each of a known kind."""
        return tuple(probe for probe in self.probe if isinstance(probe, KnownProbe))


def validate(document: Mapping[str, object]) -> tuple[FileTable | None, tuple[Mismatch, ...]]:
    """Returns the typed file, or every way in which `document` (as tomllib parsed it) is not of this form."""
    return read_table(FileTable, document)


def table_at(document: Mapping[str, object], path: Path) -> type[Table] | None:
    """Returns the table that describes the value at `path`, following the kind of the probe around it."""
    match path:
        case ():
            return FileTable
        case ("updates",):
            return UpdatesTable
        case ("updates", "sev1" | "sev2" | "sev3" | "sev4"):
            return RhythmTable
        case ("page",) | ("page", int()):
            return PageTable
        case ("page", "token") | ("page", int(), "token"):
            return TokenTable
        case ("broadcast", int()):
            return BroadcastTable
        case ("broadcast", int(), "url"):
            return AddressTable
        case ("lint",):
            return LintTable
        case ("window", int()):
            return WindowTable
        case ("hook", int()):
            return HookTable
        case ("hook", int(), "auth"):
            return AuthTable
        case ("hook", int(), "secret_url"):
            return TokenTable
        case ("notice",):
            return NoticeTable
        case ("vantage",):
            return VantageTable
        case ("component", int()):
            return ComponentTable
        case ("source", int()):
            return SourceTable
        case ("source", int(), "token"):
            return AuthTable
        case ("probe", int(index), *rest):
            probes = document.get("probe")
            table = ProbeTable.fitting(probes[index] if isinstance(probes, list) else None)
            if not rest:
                return table
            if rest == ["expect"]:
                return expect_of(table)
            if rest == ["auth"]:
                return AuthTable
    return None


def doc_of(table: type[Table], key: str) -> Doc | None:
    """Returns the words about one key of a table, None if the table has no such key."""
    found = keys_of(table).get(key)
    return None if found is None else found.doc
