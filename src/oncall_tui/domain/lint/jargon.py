"""Words that only the team understands (JR007, JR008)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from oncall_tui.domain.lint.model import Audience, Context, Fix, Level, Remark, Rule, Tuning
from oncall_tui.domain.lint.pattern import Pattern
from oncall_tui.domain.lint.reading import Post, Reading
from oncall_tui.domain.lint.signs import find_names, fold

#: Jargon with what to say instead; empty where that depends on the sentence.
_PLAIN = {
    "5xx": "server errors", "4xx": "errors", "5xxs": "server errors", "p99": "", "p95": "", "p90": "", "p50": "",
    "oom": "out of memory", "oomkilled": "out of memory", "oom-killed": "out of memory", "pod": "", "pods": "",
    "failover": "switch to the standby", "failed over": "switched to the standby", "replica": "copy of the database",
    "replicas": "copies of the database", "bgp": "network routing", "colo": "data center", "dc": "data center",
    "qps": "requests per second", "rps": "requests per second", "tps": "transactions per second", "node": "",
    "nodes": "", "shard": "", "shards": "", "quorum": "", "split-brain": "", "split brain": "",
    "rollback": "return to the earlier version", "rolled back": "returned to the earlier version",
    "roll back": "return to the earlier version", "hotfix": "fix", "canary": "", "k8s": "", "kubernetes": "",
    "kafka": "", "redis": "", "memcached": "", "etcd": "", "zookeeper": "", "daemon": "", "deadlock": "",
    "deadlocks": "", "thread pool": "", "connection pool": "", "circuit breaker": "", "circuit breakers": "",
    "backpressure": "", "back pressure": "", "control plane": "", "data plane": "", "ingress": "", "egress": "",
    "sidecar": "", "cron": "scheduled task", "cronjob": "scheduled task", "sev1": "", "sev2": "", "sev-1": "",
    "sev-2": "", "p0": "", "p1": "", "mttr": "", "slo": "", "sli": "", "rca": "review", "nic": "network card",
    "lb": "load balancer", "tor switch": "", "hypervisor": "", "hypervisors": "", "ttl": "", "tcp reset": "",
    "syn flood": "", "cpu starvation": "", "garbage collection": "", "gc pause": "", "heap": "", "mutex": "",
    "race condition": "", "null pointer": "", "segfault": "crash", "core dump": "", "autoscaling": "",
    "auto-scaling": "", "autoscaler": "", "write-ahead log": "", "wal": "", "vacuum": "", "compaction": "",
    "rebalance": "", "rebalancing": "", "throttled": "slowed down", "bouncing": "restarting", "bounced": "restarted",
    "blackholed": "lost", "blackholing": "losing", "packet loss": "", "flapping": "", "upstream": "",
    "cpu throttling": "", "cache stampede": "", "memory leak": "", "replication lag": "late copies of the database",
    "sharded": "", "thundering herd": "", "db": "database", "dbs": "databases", "raid": "", "sigterm": "",
    "sigkill": "", "tcp resets": "", "blast radius": "", "load average": "", "503s": "errors", "502s": "errors",
    "500s": "errors", "504s": "errors", "pop": "", "pops": "", "nginx": "", "haproxy": "", "war room": "",
    "root cause analysis": "review", "middleware": "", "namespace": "", "daemonset": "", "helm": "", "terraform": "",
    "spof": "", "mtbf": "", "noisy neighbor": "", "noisy neighbour": "", "cold start": "", "cold starts": "",
    "downstream": "", "repro": "", "prod": "", "staging": "", "config push": "change of settings",
    "feature flag": "", "idempotent": "", "sharding": "", "warm-up": "",
}  # fmt: skip
_PHRASES = tuple(word for word in _PLAIN if " " in word)
_ACRONYM = Pattern(r"(?<![\w.@#/&{<\[%$-])[A-Z][A-Z0-9]{1,5}(?![\w@/-]|\.\w)")
#: Short forms that readers of a status page know, and words that are only written in capitals.
_KNOWN = frozenset(
    {"AI", "AM", "API", "APIS", "AND", "ANY", "ALL", "APAC", "APP", "AU", "AWS", "BR", "BST", "CA", "CAD", "CD",
     "CDN", "CDT", "CEO", "CEST", "CET", "CI", "CLI", "CMS", "CPU", "CRM", "CSS", "CST", "CSV", "CTO", "DB",
     "DE", "DDOS", "DNS", "DNSSEC", "DOC", "DST", "EC2", "EDT", "EEST", "EET", "EFS", "EMEA", "EOD", "ERP",
     "EST", "ET", "ETA", "EU", "EUR", "FAQ", "FR", "FTP", "GA", "GB", "GBP", "GCP", "GDPR", "GIF", "GIT", "GMT",
     "GPS", "GPT", "GPU", "HK", "HQ", "HR", "HTML", "HTTP", "HTTPS", "IAM", "IBM", "ICMP", "ID", "IDE", "IDS",
     "IMAP", "IN", "INC", "IO", "IOS", "IOT", "IP", "IPS", "ISP", "ISPS", "IST", "IT", "ITS", "JPG", "JP", "JS",
     "JSON", "JST", "KB", "LAN", "LATAM", "LDAP", "LLC", "LTD", "MB", "MFA", "MMS", "MS", "MST", "MX", "NA",
     "NEW", "NO", "NOT", "NZ", "OAUTH", "OF", "OK", "ON", "OR", "ORG", "OS", "OTP", "PC", "PCI", "PDF", "PDT",
     "PHP", "PIN", "PM", "PNG", "POP", "PR", "PST", "PT", "QA", "QR", "RAM", "REST", "RSS", "S3", "SA", "SAML",
     "SDK", "SDKS", "SFTP", "SG", "SIM", "SLA", "SMS", "SMTP", "SQL", "SSD", "SSH", "SSL", "SSO", "STATUS",
     "TB", "TCP", "TLS", "TO", "TOTP", "TTS", "TV", "UI", "UDP", "UK", "UPS", "URL", "URLS", "US", "USA", "USB",
     "USD", "UTC", "UTM", "UX", "VAT", "VM", "VMS", "VOIP", "VPC", "VPN", "VPS", "WEB", "WIFI", "WWW", "XML",
     "YAML", "ZIP", "RESOLVED", "UPDATE", "2FA", "AEST", "AEDT", "ACH", "IVR", "PSTN", "SIP", "MSI", "II",
     "III", "IV", "PTO", "CVE", "OTA", "NFT", "CAPTCHA", "CRUD", "FIFO", "EDI", "EHR", "EMR", "WE", "ARE", "IS",
     "WAS", "THIS", "THAT", "WITH", "WILL", "HAVE", "HAS", "FOR", "THE", "YOU", "YOUR", "OUR", "CAN", "MAY",
     "DO", "DOES", "BY", "AT", "BE", "BUT", "IF", "AS", "SO", "UP", "MUST", "FROM"}
)  # fmt: skip


def _find_jargon(post: Post, context: Context, tuning: Tuning) -> Iterator[Remark]:
    if context.audience is Audience.TECHNICAL:
        return
    level = Level.WARN if context.audience is Audience.GENERAL else Level.INFO
    own = {word.lower() for word in tuning.words.jargon}
    known = {word.lower() for word in tuning.words.products}
    for part, reading in post.parts:
        told = set(known)
        for start, end, word in _list_jargon(reading, own):
            if word in told or reading.is_meant(start, end):
                continue
            told.add(word)
            plain = _PLAIN.get(word, "")
            instead = f"say '{plain}'" if plain else "say what customers notice"
            fix = Fix(instead, plain) if plain else None
            text = f"'{reading.text[start:end]}' is a word of ours: {instead}."
            yield Remark(start, end, text, part, fix, level)


def _list_jargon(reading: Reading, own: set[str]) -> Iterator[tuple[int, int, str]]:
    folded = fold(reading.prose)
    if not (_PLAIN.keys() | own).isdisjoint(reading.tokens):
        for span in reading.words:
            word = folded[span.start : span.end]
            if word in _PLAIN or word in own:
                yield span.start, span.end, word
    for phrase in (*_PHRASES, *(word for word in own if " " in word)):
        if phrase in folded:
            yield from ((start, end, phrase) for start, end in find_names(folded, (phrase,)))


def _find_acronyms(post: Post, _context: Context, tuning: Tuning) -> Iterator[Remark]:
    known = {word.upper() for word in (*tuning.words.acronyms, *tuning.words.products)}
    whole = f"{post.title.text}\n{post.body.text}"
    for part, reading in post.parts:
        told: set[str] = set()
        for match in _ACRONYM.match_at(reading.prose, reading.capitals):
            word = match.group()
            if word in told or word in _KNOWN or word in known or word.isdigit() or reading.is_meant(*match.span()):
                continue
            told.add(word)
            if f"({word}" in whole or f"{word} (" in whole or _is_shouted(reading.prose, match):
                continue
            yield Remark(
                *match.span(), f"What is {word}? Write it out once, or list it under acronyms in config.", part
            )


def _is_shouted(prose: str, match: re.Match[str]) -> bool:
    """Tells whether an acronym may be a word in capitals: its neighbours are in capitals too."""
    near = (
        prose[max(0, match.start() - 12) : match.start()].split()[-1:]
        + prose[match.end() : match.end() + 12].split()[:1]
    )
    return any(word.isupper() and len(word) > 3 for word in near)


RULES = (
    Rule("JR007", Level.INFO, "Jargon", _find_jargon),
    Rule("JR008", Level.INFO, "An acronym that nobody explains", _find_acronyms),
)
