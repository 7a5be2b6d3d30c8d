"""Words that are probably misspelt (SP), where a word list is at hand: `Context.suggest` looks them up."""

from __future__ import annotations

import re
from collections.abc import Iterator

from oncall_tui.domain.lint.model import Context, Fix, Level, Remark, Rule, Tuning
from oncall_tui.domain.lint.pattern import Pattern
from oncall_tui.domain.lint.reading import Post

_MOST_WORDS = 400
_LEAST_LETTERS = 4
_WORD = Pattern(r"(?<![\w@#&/.'’-])[A-Za-z]?[a-z]{3,24}(?![\w@/]|['’]\w|\.\w|-\w)")
_NAME_PART = Pattern(r"[A-Za-z]+")
#: American spelling, and the British one of the same word.
_BRITISH = (("iz", "is"), ("yz", "ys"), ("or", "our"), ("ter", "tre"), ("log", "logue"), ("ense", "ence"), ("l", "ll"))
#: Words of the trade that word lists of everyday language do not have.
_TRADE = frozenset(
    {"admin", "admins", "analytics", "android", "angular", "apache", "api", "app", "apps", "async", "atlassian",
     "auth", "authenticator", "autocomplete", "autofill", "automation", "autoscale", "autoscaler",
     "autoscaling", "backend", "backends", "backfill", "backfilled", "backfilling", "backlog", "backlogs",
     "backoff", "backport", "backups", "bandwidth", "bitbucket", "blog", "blogs", "browser", "browsers",
     "bugfix", "cached", "caches", "caching", "changelog", "chatbot", "chatbots", "cloud", "cloudflare",
     "codebase", "codes", "comms", "compute", "config", "configs", "configurable", "configurations", "cookie",
     "cookies", "cron", "cutover", "cybersecurity", "dashboard", "dashboards", "data", "database", "databases",
     "datacenter", "datacenters", "datacentre", "datadog", "dataset", "datasets", "datastore", "deliverability",
     "dependencies", "deploy", "deployed", "deploying", "deployment", "deployments", "deprecated",
     "deprecation", "deserialize", "dev", "devops", "devs", "diff", "diffs", "discord", "docker", "docs",
     "domain", "domains", "downtime", "downtimes", "dropdown", "dropdowns", "ecommerce", "editor", "email",
     "emailed", "emails", "emoji", "encrypted", "encryption", "endpoint", "endpoints", "enqueue", "enqueued",
     "ethernet", "executable", "failback", "failover", "failovers", "favicon", "fiber", "figma", "firewall",
     "firewalls", "firmware", "fix", "fixes", "frontend", "frontends", "fsync", "gateway", "gateways", "gcloud",
     "geolocation", "gif", "gifs", "github", "gitlab", "google", "gui", "hostname", "hostnames", "hotfix",
     "html", "http", "https", "hypervisor", "imap", "inbound", "inbox", "inboxes", "infra", "ingest",
     "ingested", "ingesting", "ingestion", "inline", "instagram", "integrations", "internet", "invoicing",
     "ios", "iphone", "javascript", "jira", "json", "keyword", "keywords", "kubernetes", "latencies", "latency",
     "learnings", "linux", "livestream", "localization", "login", "logins", "logout", "logouts", "logs",
     "lookup", "lookups", "malware", "metadata", "metrics", "microservice", "microservices", "middleware",
     "migrations", "mins", "misconfiguration", "misconfigurations", "misconfigured", "mitigate", "mitigated",
     "mitigating", "mitigation", "mitigations", "mobile", "modal", "multi", "multitenant", "namespace",
     "namespaces", "nginx", "node", "notifications", "oauth", "offline", "offsite", "onboard", "onboarded",
     "onboarding", "online", "onsite", "opex", "opsgenie", "outage", "outages", "outbound", "overprovisioned",
     "paginated", "pagination", "parser", "passcode", "passkey", "passkeys", "passwordless", "paypal",
     "peering", "permalink", "phishing", "plugin", "plugins", "postgres", "postmortem", "postmortems",
     "predeploy", "preload", "prepaid", "prerelease", "preview", "previews", "prod", "prods", "provisioned",
     "provisioning", "proxied", "proxies", "python", "queue", "queued", "queues", "quickbooks", "quota",
     "quotas", "ransomware", "realtime", "reboot", "rebooted", "rebooting", "reboots", "reconfigure",
     "reconfigured", "redeploy", "redeployed", "redeploying", "redirect", "redirected", "redirects", "redis",
     "refactor", "refactored", "remediate", "remediated", "remediating", "remediation", "renderer", "replica",
     "replicas", "replicated", "repo", "repos", "repositories", "requeue", "requeued", "rerouted", "rerouting",
     "resend", "resends", "resilience", "resiliency", "resize", "resized", "resizing", "resolver", "resolvers",
     "resync", "resynced", "retried", "retries", "retry", "retrying", "rollback", "rollbacks", "rollout",
     "rollouts", "router", "routers", "routing", "runbook", "runtime", "runtimes", "salesforce", "sandbox",
     "scalability", "scalable", "schema", "schemas", "screenshot", "screenshots", "server", "serverless",
     "servers", "shard", "sharded", "sharding", "shards", "shopify", "signin", "signup", "signups",
     "smartphone", "smtp", "snapshot", "snapshots", "spam", "spec", "specs", "spreadsheet", "startup", "stats",
     "statuspage", "storefront", "storefronts", "streaming", "stripe", "subdomain", "subdomains", "subnet",
     "subnets", "subset", "subsystem", "subsystems", "sudo", "superset", "symlink", "sync", "synced",
     "synchronous", "syncing", "tech", "telecom", "telemetry", "tenant", "tenants", "throttle", "throttled",
     "throttling", "throughput", "timeline", "timelines", "timeout", "timeouts", "timestamp", "timestamps",
     "toggle", "toggled", "tokenization", "tooltip", "tooltips", "traceroute", "trello", "twilio", "twitter",
     "unavailability", "unavailable", "unblock", "unblocked", "undelivered", "underprovisioned", "underway",
     "uninstall", "uninstalled", "unreachable", "unresponsive", "unsubscribe", "unsubscribed", "unsynced",
     "update", "updates", "uplink", "uploader", "uploads", "uptime", "url", "urls", "username", "usernames",
     "validator", "versioning", "virtualization", "voicemail", "voicemails", "wearable", "webhook", "webhooks",
     "webpage", "webpages", "website", "websites", "webview", "whatsapp", "whitelist", "whitelisted", "wifi",
     "workaround", "workarounds", "workflow", "workflows", "workspace", "workspaces", "xml", "yaml", "youtube",
     "zendesk", "zoom"}
)  # fmt: skip


def _find_misspelt(post: Post, context: Context, tuning: Tuning) -> Iterator[Remark]:
    suggest = context.suggest
    if suggest is None:
        return
    known = _list_known(context, tuning)
    for part, reading in post.parts:
        prose = reading.prose
        told: set[str] = set()
        for count, match in enumerate(_WORD.finditer(prose)):
            if count >= _MOST_WORDS:
                break
            shown, word = match.group(), match.group().lower()
            if len(word) < _LEAST_LETTERS or word in told or word in _TRADE or word in known:
                continue
            told.add(word)
            if shown[0].isupper() and not _starts_sentence(prose, match.start()):
                continue
            found = suggest(word) or ()
            is_plural = word.endswith("s") and not suggest(word[:-1])
            if found and not is_plural and not any(_is_british(word, each) for each in found):
                fixes = [each.capitalize() if shown[0].isupper() else each for each in found]
                text = f"'{shown}' may be misspelt: {' or '.join(fixes)}?"
                yield Remark(*match.span(), text, part, Fix(f"write '{fixes[0]}'", fixes[0]))


def _is_british(word: str, american: str) -> bool:
    return word in {american.replace(z, s) for z, s in _BRITISH}


def _list_known(context: Context, tuning: Tuning) -> frozenset[str]:
    """The words of all names that config and the incident tell."""
    words = tuning.words
    names = (
        *context.names,
        *words.products,
        *words.people,
        *words.clients,
        *words.suppliers,
        *words.acronyms,
        *words.jargon,
        *words.foreign_names,
        *tuning.literals,
    )
    return frozenset(match.group().lower() for name in names for match in _NAME_PART.finditer(name))


def _starts_sentence(prose: str, at: int) -> bool:
    """A capital within a sentence is a name's."""
    before = re.sub(r"[\s\"'“(*_>#-]+$", "", prose[max(0, at - 8) : at])
    return not before or before[-1] in ".!?:"


RULES = (Rule("SP001", Level.INFO, "A word that is probably misspelt (with the `spelling` extra)", _find_misspelt),)
