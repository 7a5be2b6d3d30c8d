"""Names and addresses of machines that customers have no use for (JR001 to JR003)."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from fnmatch import fnmatchcase, translate
from functools import lru_cache
from itertools import chain

from oncall_tui.domain.lint.model import Context, Level, Remark, Rule, Tuning, Words
from oncall_tui.domain.lint.pattern import Pattern
from oncall_tui.domain.lint.reading import Post, Reading
from oncall_tui.domain.lint.signs import holds_any

_ROLE = (
    "db|dbs|database|mysql|mariadb|postgres|postgresql|pgsql|pg|sql|mssql|oracle|redis|kafka|elastic|elasticsearch|es"
    "|mongo"
    "|mongodb|cassandra|clickhouse|web|www|app|apps|api|node|nodes|worker|workers|queue|mq|rabbit|rabbitmq|cache"
    "|memcache"
    "|memcached|lb|slb|nlb|haproxy|nginx|varnish|etcd|k8s|kube|k3s|gke|eks|aks|master|replica|slave|primary|standby"
    "|shard"
    "|host|server|srv|svr|vm|esx|esxi|hypervisor|bastion|jump|jumphost|gateway|gw|proxy|edge|storage|nas|san|nfs|ceph"
    "|fs"
    "|cluster|backend|frontend|be|fe|batch|cron|jobs|job|auth|ldap|dns|ns|mail|smtp|mx|log|logs|mon|monitor|metrics"
    "|prometheus"
    "|grafana|vault|consul|zk|zookeeper|jenkins|ci|runner|build|search|solr|billing|payments|payment|search|ingest|svc"
)
_STAGE = "prod|prd|production|stg|stage|staging|dev|qa|uat|preprod|sandbox|dr"
_ROLES, _STAGES = frozenset(_ROLE.split("|")), frozenset(_STAGE.split("|"))
_NETWORK = Pattern(
    r"(?<![\w@./-])(?:(?:[a-z]{1,8}\d{0,3}-){0,3}(?:(?:fw|sw|rtr|srv|nagios|esxi?)(?:-[a-z]{2,8})?-?"
    r"|(?:rt|tor|spine|leaf)(?:-[a-z]{2,8})?-)\d{1,3}"
    r"|(?:server|srv|SRV|db(?!2)|esx|host)\d{1,3}|(?:db|app|web|bastion|api|mail|redis|jump)\.(?:prod|prd|stg|staging"
    r"|uat))"
    r"(?![\w-]|\.\w)|\barn:aws[\w-]{0,10}:[\w-]{2,30}:[\w:/.*-]{5,200}",
)
_STAGE_SIGNS = ("_pro", "prod_", "_prd", "prd_", "_stg", "stg_", "_stag", "_dev", "dev_", "_qa", "qa_", "_uat", "uat_")
_NETWORK_SIGNS = ("fw", "sw", "rt", "tor", "spine", "leaf", "srv", "SRV", "nagios", "esx", "server", "db", "host")
_DOTTED_STAGES = (".prod", ".prd", ".stg", ".staging", ".uat", "arn:aws")
_UNDERSCORED = Pattern(r"(?<![\w@./-])[a-z0-9]{1,20}(?:_[a-z0-9]{1,20}){1,4}(?![\w(/-]|\.\w)")
#: What stands between blanks and may hold a name of a machine.
_CHUNK = Pattern(r"(?<!\S)[^\s\d-]*+[\d-]\S*+")
_TOKEN = Pattern(
    r"(?<![\w@./-])(?:[A-Za-z][A-Za-z0-9]{0,20}(?:-[A-Za-z0-9]{1,20}){1,6}|[a-z]{2,20}\d{1,3}[a-z]?)(?![\w-])"
)
#: Names that only machines of one's own have; each alternative is certain by itself.
_MACHINE = Pattern(
    rf"(?=(?:[a-z0-9]{{1,20}}-){{0,5}}(?:{_ROLE})\d{{0,3}}(?:-"
    rf"|$))(?=(?:[a-z0-9]{{1,20}}-){{0,5}}(?:{_STAGE})\d{{0,2}}(?:-|$)).*"
    rf"|(?:[a-z][a-z0-9]{{0,14}}-){{0,3}}(?:{_ROLE})-?0\d{{1,2}}[a-z]?"
    rf"|(?:{_STAGE})(?:{_ROLE})-?\d{{1,3}}|(?:{_ROLE})(?:{_STAGE})-?\d{{1,3}}"
    rf"|(?:[a-z][a-z0-9]{{0,14}}-){{0,2}}(?:{_ROLE})-(?:{_ROLE}|data|broker|controller|manager|coordinator|main|core"
    rf"|blue|green|live)-\d{{1,3}}"
    r"|(?:db|database|mysql|mariadb|postgres|pg|redis|mongo)-(?:master|primary|replica|slave|standby|secondary)\d{0,2}"
    r"|(?:[a-z][a-z0-9]{0,14}-){0,3}(?:worker|broker|host|vm|esxi?|srv|hypervisor)-\d{2,3}"
    r"|ip-\d{1,3}-\d{1,3}-\d{1,3}-\d{1,3}|(?:i|vol|eni|sg|subnet|vpc|ami|rtb|igw|snap)-[0-9a-f]{17}"
    r"|[a-z][a-z0-9]{0,20}(?:-[a-z0-9]{1,20}){0,4}-(?=[a-z]{0,9}\d)[bcdfghjklmnpqrstvwxz2456789]{8,10}"
    r"-[bcdfghjklmnpqrstvwxz2456789]{5}"
)
_PRIVATE_LABEL = Pattern(rf"\.(?:{_STAGE}|corp|internal|intranet|int|lan|dc\d{{0,2}})\.")
_DOMAIN_AFTER = Pattern(r"\.[\w-]+(?:\.[\w-]+)*\.[a-z]{2,10}\b")
_MACHINE_STAGE = Pattern(rf"(?:^|-)(?:{_STAGE})\d{{0,2}}(?:-|$)")
_PRIVATE_ENDINGS = (
    *("internal", "local", "localdomain", "corp", "lan", "intranet", "intra", "private", "svc", "consul", "cluster"),
    "home.arpa",
)
_PRIVATE_NAME = Pattern(
    r"(?<![\w@.*/-])(?:[a-z0-9_](?:[a-z0-9_-]{0,61})?\.){1,8}"
    rf"(?:{'|'.join(_PRIVATE_ENDINGS)})(?![\w-]|\.\w)",
    re.IGNORECASE,
)
_PRIVATE_MIDDLES = (".corp.", ".internal.", ".intranet.", ".int.", ".lan.")
_PRIVATE_MIDDLE = Pattern(
    r"(?<![\w@.*/-])(?:[a-z0-9_][a-z0-9_-]{0,62}\.){1,6}(?:corp|internal|intranet|int"
    r"|lan)(?:\.[a-z0-9-]{1,63}){1,4}(?![\w-])",
    re.IGNORECASE,
)
#: Names of that shape which everybody may know.
_PUBLIC_NAMES = ("metadata.google.internal", "host.docker.internal", "*.docker.internal", "kubernetes.default.svc")
_DOTTED = Pattern(r"\d+\.\d{1,3}\.\d")
_MASKED = Pattern(r"(?<![\w.])(?:10|192\.168|172\.(?:1[6-9]|2\d|3[01]))(?:\.\d{1,3}){0,2}\.[xX*](?:\.[xX*])?(?![\w-])")
_ADDRESS = Pattern(r"(?<![\w.:-])(?:\d{1,3}\.){3}\d{1,3}(?P<net>/\d{1,2})?(?![\w-]|\.\d|:\d+\.)")
_ADDRESS_6 = Pattern(
    r"(?<![\w.:])(?:[0-9a-fA-F]{1,4}:){1,7}(?::[0-9a-fA-F]{0,4}){0,6}[0-9a-fA-F]{0,4}(?P<net>/\d{1,3})?(?![\w:]|\.\w)"
)
_VERSION_BEFORE = Pattern(
    r"(?i:\bv|versions?|releases?|builds?|updates?|upgrad\w+|patch\w*|firmware|agent|driver|client|app|sdk|to|and|or"
    r"|,)[ :]{0,2}$"
)
_VERSION_AFTER = Pattern(r" (?:versions?|releases?|builds?|firmware)\b")
#: Resolvers that everybody asks: they are told to customers on purpose.
_RESOLVERS = frozenset(
    {"1.1.1.1", "1.0.0.1", "1.1.1.2", "1.0.0.2", "1.1.1.3", "1.0.0.3", "8.8.8.8", "8.8.4.4", "9.9.9.9", "9.9.9.10",
     "9.9.9.11", "149.112.112.112", "208.67.222.222", "208.67.220.220", "94.140.14.14", "94.140.15.15", "4.2.2.2",
     "4.2.2.1", "64.6.64.6", "76.76.2.0", "185.228.168.9", "2606:4700:4700::1111", "2606:4700:4700::1001",
     "2001:4860:4860::8888", "2001:4860:4860::8844", "2620:fe::fe", "2620:fe::9", "127.0.0.1"}
)  # fmt: skip
_PRIVATE_NETS = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7", "169.254.0.0/16", "fe80::/10")


def is_private_host(host: str, words: Words) -> bool:
    """Tells whether a name or address leads nowhere from outside."""
    host = host.lower().rstrip(".")
    if _matches(host, words.public_hosts) or _matches(host, _PUBLIC_NAMES):
        return False
    if _matches(host, words.private_hosts) or host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return _is_private(ipaddress.ip_address(host.strip("[]"))) or host == "127.0.0.1"
    except ValueError:
        return bool(_PRIVATE_NAME.fullmatch(host)) or ("." not in host and bool(host))


def _matches(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(name, pattern.lower()) for pattern in patterns)


def _find_hosts(post: Post, _context: Context, tuning: Tuning) -> Iterator[Remark]:
    words = tuning.words
    for part, reading in post.parts:
        taken = 0
        spans = dict.fromkeys(_private_names(reading, words), Level.BLOCK)
        for span, level in chain(_machines(reading, words), _more_machines(reading, words)):
            spans.setdefault(span, level)
        for (start, end), level in sorted(spans.items(), key=lambda item: (item[0][0], -item[0][1])):
            if start < taken or reading.is_meant(start, end) or _is_linked(reading, start):
                continue
            taken = end
            name = reading.text[start:end]
            text = f"'{name}' is a name of ours: say what it does, such as 'our main database'."
            yield Remark(start, end, text, part, level=level)


def _private_names(reading: Reading, words: Words) -> Iterator[tuple[int, int]]:
    folded = reading.text.lower()
    found = any(f".{ending}" in folded for ending in _PRIVATE_ENDINGS)
    for match in _PRIVATE_NAME.finditer(reading.text) if found else ():
        name = match.group().lower()
        if not _matches(name, words.public_hosts) and not _matches(name, _PUBLIC_NAMES):
            yield match.span()
    for match in _PRIVATE_MIDDLE.finditer(reading.text) if holds_any(folded, _PRIVATE_MIDDLES) else ():
        if not _matches(match.group().lower(), words.public_hosts):
            yield match.span()
    if any(_longest_piece(pattern) in folded for pattern in words.private_hosts):
        is_private = _compile_names(words.private_hosts)
        for match in _HOSTLIKE.finditer(folded if len(folded) == len(reading.text) else reading.text):
            name = match.group().rstrip(".-").lower()
            if is_private.fullmatch(name) and not _matches(name, words.public_hosts):
                yield match.start(), match.start() + len(name)


@lru_cache(maxsize=1_000)
def _longest_piece(pattern: str) -> str:
    return max(re.split(r"[*?\[\]]", pattern.lower()), key=len)


@lru_cache(maxsize=8)
def _compile_names(patterns: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(translate(pattern.lower()) for pattern in patterns))


_HOSTLIKE = Pattern(r"(?<![\w@-])[\w-]{1,63}(?:\.[\w-]{1,63}){0,10}")


def _list_chunks(reading: Reading) -> list[tuple[int, int]]:
    return [match.span() for match in _CHUNK.finditer(reading.text)]


def _machines(reading: Reading, words: Words) -> Iterator[tuple[tuple[int, int], Level]]:
    known = (*words.public_hosts, *words.regions, *words.products)
    text = reading.text
    for match in chain.from_iterable(_TOKEN.finditer(text, *span) for span in reading.once(_list_chunks)):
        name = match.group().lower()
        has_digit = any(map(str.isdigit, name))
        if not (has_digit or "-" in name):
            continue
        # Capitals are for codes of errors, which customers are told; stage and part together are not.
        is_code = match.group() != name and not (has_digit and "-" in name and _MACHINE_STAGE.search(name))
        if is_code or not _MACHINE.fullmatch(name) or _matches(name, known):
            continue
        # A host with a domain behind it is mostly one that customers reach.
        domain = _DOMAIN_AFTER.match(reading.text, match.end())
        if domain is None or _PRIVATE_LABEL.search(domain.group().lower()):
            yield match.span(), Level.BLOCK
        elif _MACHINE_STAGE.search(name):
            yield match.span(), Level.WARN


def _more_machines(reading: Reading, words: Words) -> Iterator[tuple[tuple[int, int], Level]]:
    """Yields names of machines that are written with other signs, or that may be something else."""
    known = (*words.public_hosts, *words.regions, *words.products)
    text = reading.text
    spans = [span for span in reading.once(_list_chunks) if holds_any(text[span[0] : span[1]], _NETWORK_SIGNS)]
    if holds_any(text, _DOTTED_STAGES):
        spans.append((0, len(text)))
    for match in chain.from_iterable(_NETWORK.compiled.finditer(text, *span) for span in spans):
        if not _matches(match.group().lower(), known):
            yield match.span(), Level.WARN
    for match in _UNDERSCORED.finditer(reading.text) if holds_any(text, _STAGE_SIGNS) else ():
        pieces = set(match.group().split("_"))
        if pieces & _ROLES and pieces & _STAGES and not _matches(match.group(), known):
            yield match.span(), Level.WARN


def _is_linked(reading: Reading, start: int) -> bool:
    return any(link.start <= start < link.end for link in reading.links)


def _is_private(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    return any(address in net for net in map(ipaddress.ip_network, _PRIVATE_NETS) if net.version == address.version)


def _has_groups(text: str) -> bool:
    return text.count(":") > 6 and any(chunk.count(":") > 6 for chunk in text.split())


def _addresses(reading: Reading) -> list[tuple[int, int, ipaddress.IPv4Address | ipaddress.IPv6Address, bool]]:
    """Returns addresses with whether a whole network is meant; numbers of versions are none."""
    found: list[tuple[int, int, ipaddress.IPv4Address | ipaddress.IPv6Address, bool]] = []
    text = reading.text
    patterns = [_ADDRESS] if any(_DOTTED.match_at(text, reading.digits)) else []
    patterns += [_ADDRESS_6] if "::" in text or _has_groups(text) else []
    for pattern in patterns:
        for match in pattern.finditer(text):
            plain, _, _ = match.group().partition("/")
            # A name such as `1:` before a colon is none.
            if len(plain) < 5:
                continue
            try:
                address = ipaddress.ip_address(plain)
            except ValueError:
                continue
            if (
                pattern is _ADDRESS
                and _VERSION_BEFORE.search(text, max(0, match.start() - 12), match.start())
                and not _is_private(address)
            ):
                continue
            if pattern is _ADDRESS and _VERSION_AFTER.match(text, match.end()):
                continue
            found.append((*match.span(), address, match["net"] is not None))
    return found


def _find_private_addresses(post: Post, _context: Context, _tuning: Tuning) -> Iterator[Remark]:
    for part, reading in post.parts:
        for start, end, address, _ in reading.once(_addresses):
            if _is_private(address) and reading.text[start:end] not in _PRIVATE_NETS:
                yield Remark(start, end, "This address is inside our network: leave it out.", part)
        for match in _MASKED.finditer(reading.text) if holds_any(reading.text, (".x", ".X", ".*")) else ():
            text = "Such addresses are inside our network: leave them out."
            yield Remark(*match.span(), text, part, level=Level.WARN)


def _find_public_addresses(post: Post, _context: Context, tuning: Tuning) -> Iterator[Remark]:
    allowed = tuning.words.public_hosts
    for part, reading in post.parts:
        for start, end, address, is_net in reading.once(_addresses):
            if is_net or str(address) in _RESOLVERS or not address.is_global or _matches(str(address), allowed):
                continue
            yield Remark(start, end, "Do customers need this address? Say what it belongs to, or leave it out.", part)


RULES = (
    Rule("JR001", Level.BLOCK, "The name of a host, pod or cluster of ours", _find_hosts),
    Rule("JR002", Level.BLOCK, "A private address", _find_private_addresses),
    Rule("JR003", Level.WARN, "A public address", _find_public_addresses),
)
