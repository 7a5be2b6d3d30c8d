"""Debian's Prometheus, blackbox_exporter and Alertmanager as processes on loopback, each with a config of the test."""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

PROGRAMS = ("prometheus", "prometheus-blackbox-exporter", "prometheus-alertmanager")
MISSING = [name for name in PROGRAMS if shutil.which(name) is None]
NEEDED = pytest.mark.skipif(bool(MISSING), reason=f"not installed: {', '.join(MISSING)} (apt-get install them)")
_READY_WITHIN_S = 15.0

_PROMETHEUS = """\
global: {{scrape_interval: 700ms, scrape_timeout: 700ms}}
scrape_configs:
  - job_name: blackbox
    metrics_path: /probe
    params: {{module: [http_2xx]}}
    static_configs:
      - targets: ["http://127.0.0.1:{web}/good", "http://127.0.0.1:{web}/bad"]
        labels: {{vantage: eu}}
    relabel_configs:
      - {{source_labels: [__address__], target_label: __param_target}}
      - {{source_labels: [__param_target], target_label: instance}}
      - {{target_label: __address__, replacement: "127.0.0.1:{blackbox}"}}
"""
_BLACKBOX = "modules: {http_2xx: {prober: http, timeout: 650ms, http: {preferred_ip_protocol: ip4}}}\n"
_ALERTMANAGER = """\
route: {receiver: nobody, group_wait: 0s, group_interval: 1s}
receivers: [{name: nobody}]
inhibit_rules:
  - source_matchers: ['alertname="HostDown"']
    target_matchers: ['alertname="DiskFull"']
    equal: [host]
"""


def find_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


class Program:
    """One process that answers on a port; it can be ended and started again."""

    def __init__(self, port: int, folder: Path, *command: str) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self._command = command
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        log = (self._folder / f"{self._command[0]}.log").open("ab")
        with log:
            self._process = subprocess.Popen(self._command, cwd=self._folder, stdout=log, stderr=log)
        until = time.monotonic() + _READY_WITHIN_S
        while not self._is_ready():
            assert time.monotonic() < until, (self._folder / f"{self._command[0]}.log").read_text()
            time.sleep(0.05)

    def _is_ready(self) -> bool:
        for path in ("/-/ready", "/-/healthy"):
            with (
                contextlib.suppress(urllib.error.HTTPError, OSError),
                urllib.request.urlopen(self.url + path) as answer,
            ):
                if answer.status == 200:
                    return True
        return False

    def end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()


class _Web(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(503 if self.path == "/bad" else 200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        return


class Stack:
    """A Prometheus that watches a good and a bad target through blackbox_exporter."""

    def __init__(self, folder: Path) -> None:
        self.web = ThreadingHTTPServer(("127.0.0.1", 0), _Web)
        self.good, self.bad = (f"http://127.0.0.1:{self.web.server_port}/{name}" for name in ("good", "bad"))
        ports = find_port(), find_port()
        (folder / "blackbox.yml").write_text(_BLACKBOX)
        (folder / "prometheus.yml").write_text(_PROMETHEUS.format(web=self.web.server_port, blackbox=ports[0]))
        self.blackbox = Program(
            ports[0],
            folder,
            "prometheus-blackbox-exporter",
            "--config.file=blackbox.yml",
            f"--web.listen-address=127.0.0.1:{ports[0]}",
        )
        self.prometheus = Program(
            ports[1],
            folder,
            "prometheus",
            "--config.file=prometheus.yml",
            "--storage.tsdb.path=tsdb",
            f"--web.listen-address=127.0.0.1:{ports[1]}",
        )


@contextlib.contextmanager
def run_stack(folder: Path) -> Iterator[Stack]:
    stack = Stack(folder)
    thread = threading.Thread(target=stack.web.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        stack.blackbox.start()
        stack.prometheus.start()
        yield stack
    finally:
        stack.prometheus.end()
        stack.blackbox.end()
        stack.web.shutdown()
        stack.web.server_close()
        thread.join()


@contextlib.contextmanager
def run_alertmanager(folder: Path) -> Iterator[Program]:
    port = find_port()
    (folder / "alertmanager.yml").write_text(_ALERTMANAGER)
    program = Program(
        port,
        folder,
        "prometheus-alertmanager",
        "--config.file=alertmanager.yml",
        "--storage.path=alerts",
        f"--web.listen-address=127.0.0.1:{port}",
        "--cluster.listen-address=",
    )
    try:
        program.start()
        yield program
    finally:
        program.end()
