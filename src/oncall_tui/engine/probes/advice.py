"""What to do next, by what a run says: the first look that an engineer takes who has seen it before."""

from __future__ import annotations

_STEPS = (
    ("connection refused", "the host answers and nothing listens there: is the service running, on this port?"),
    ("connection reset", "something hung up on purpose: the service's own log, then firewalls on the way"),
    ("connection closed", "it takes connections and hangs up: the service's own log, then what stands before it"),
    ("timed out in connect", "packets are lost, not refused: is the host up, does a firewall drop them?"),
    ("timed out in TLS", "it takes connections and says nothing: too busy, or this port speaks no TLS"),
    ("timed out in first byte", "it takes the request and does not answer: its load, and what it waits for"),
    ("timed out in transfer", "the answer began and stopped: what stands before the service, then its log"),
    ("timed out in DNS", "the name server is silent: is it up, does UDP port 53 reach it?"),
    ("timed out in echo", "no echo came back: is the host up, does a firewall drop pings?"),
    ("no route to host", "the host or a router before it is down: traceroute shows how far packets come"),
    ("host is down", "its neighbour does not hear it: power, cable, address"),
    ("DNS: no such", "the name does not exist: its zone, and whether the domain has expired"),
    ("DNS: the server failed", "its zone is broken or DNSSEC does not match: `dig +trace`, then `delv`"),
    ("DNS: the server refused", "it does not serve this zone to us: its list of zones and of clients"),
    ("DNS: the server only refers", "the delegation names a server that does not have the zone: `dig +trace`"),
    ("DNS: no ", "the name is there and this record is not: its zone"),
    ("certificate expired", "renew it and reload the service: a new file that is not loaded changes nothing"),
    ("certificate expires", "see why it was not renewed by itself, while there is time"),
    ("certificate not valid", "it begins later: the clock of this host, then of its issuer"),
    ("certificate is", "the name is served by another site's certificate: server names of what ends TLS"),
    ("self-signed", "serve one that an authority signed, or trust this one on the host of the engine"),
    (
        "certificate chain",
        "serve the certificates in between too, or trust its authority on the host of the engine",
    ),
    ("certificate from", "trust its authority on the host of the engine, or look for a proxy on the way"),
    ("a certificate of the issuer", "serve the new certificates in between with it"),
    ("TLS: ", "what the port speaks, and which versions of TLS it allows"),
    ("HTTP 401", "the token of the probe: has it expired, does it reach this far?"),
    ("HTTP 403", "the rights of the probe's token, then what stands before the service"),
    ("HTTP 404", "the address of the probe, then what was deployed last"),
    ("HTTP 429", "the probe asks too often for this service: raise `every`, or let it through"),
    ("HTTP 502", "a proxy answers and the service behind it does not: the service, then the way to it"),
    ("HTTP 503", "it answers that it cannot: its load, and what it depends on"),
    ("HTTP 504", "a proxy waited for the service in vain: the service's load, and what it waits for"),
    ("HTTP 5", "the service fails: its own log at this time; what it answered is kept with this run"),
    ("slow: ", "which phase took the time, against yesterday"),
    ("no message held", "it answers, and with something else: what came last is kept with this run"),
    ("closed by the target", "it says itself why it leaves: the service's log at this time"),
    ("handshake refused: HTTP 5", "the service, or what stands before it, fails before any WebSocket: its log"),
    ("gRPC status UNAVAILABLE", "a proxy or the server cannot reach what it stands for"),
    ("no beat for", "the job did not run, or did not come to its end: its log, then its schedule"),
    ("provider: ", "nothing to mend here: what depends on them, and what to tell customers"),
    ("STARTTLS is not offered", "TLS is off, or its certificate could not be loaded: the mail server's log"),
    ("answer lacks", "the zone was changed, or an old answer is still known: its TTL"),
    ("answer is not authenticated", "`delv` shows where the chain of signatures breaks"),
    ("job ", "the page /targets of Prometheus says why: does blackbox_exporter run, is the job still there?"),
    ("jobs ", "the page /targets of Prometheus says why: does blackbox_exporter run, are the jobs still there?"),
    ("tells no more of", "was the target taken out of its source on purpose? Then acknowledge it"),
    ("domain expire", "renew it with the registrar; after the grace period anybody may take it"),
    ("body ", "it answers, and with something else: what it answered is kept with this run"),
)


def advise(reason: str) -> str:
    """Returns what to look at first, empty where the reason says it or nothing is known."""
    if "?" in reason:
        return ""
    if reason.endswith("NOT_SERVING"):
        return "the service knows itself that it cannot: its log, and what it depends on"
    return next((step for start, step in _STEPS if reason.startswith(start)), "")
