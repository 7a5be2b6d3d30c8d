"""A host of its own (`unshare -rmn`) whose resolver breaks names in each way; prints what an http probe makes of it."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path

import dns.message
import dns.rcode
import dns.rrset
from tests.engine.probes.servers import make_tools, serve_names

from oncall_tui.domain.probe import Probe, ProbeKind
from oncall_tui.engine.probes import run_probe


def answer(query: dns.message.Message) -> bytes | None:
    name = query.question[0].name.to_text()
    if name.startswith("silent"):
        return None
    response = dns.message.make_response(query, recursion_available=not name.startswith("lame"))
    if name.startswith("gone"):
        response.set_rcode(dns.rcode.NXDOMAIN)
    elif name.startswith("broken"):
        response.set_rcode(dns.rcode.SERVFAIL)
    elif name == ".":
        response.answer.append(dns.rrset.from_text(".", 60, "IN", "NS", "a.root-servers.net."))
    return response.to_wire()


def fail(query: dns.message.Message) -> bytes:
    response = dns.message.make_response(query)
    response.set_rcode(dns.rcode.SERVFAIL)
    return response.to_wire()


async def run(name: str) -> tuple[str, str]:
    probe = Probe(name, ProbeKind.HTTP, f"http://{name}.example/", timeout_ms=500 if name == "silent" else 5_000)
    result = await run_probe(probe, make_tools())
    return result.verdict, result.reason


async def main() -> None:
    async with serve_names(answer, 53):
        told = {name: await run(name) for name in ("gone", "broken", "empty", "lame", "silent")}
    async with serve_names(fail, 53):
        told["other"] = await run("other")
    told["dead"] = await run("dead")
    print(json.dumps(told))


if __name__ == "__main__":
    Path(sys.argv[1]).write_text("nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")
    subprocess.run(["mount", "--bind", sys.argv[1], "/etc/resolv.conf"], check=True)
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    asyncio.run(main())
