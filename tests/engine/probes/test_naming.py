"""Names that break in each way on the resolver of the host, in a network of its own: whose fault is it?"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

_UNSHARE = ["unshare", "--map-root-user", "--mount", "--net"]


def _can_unshare() -> bool:
    if shutil.which("unshare") is None or shutil.which("ip") is None:
        return False
    return subprocess.run([*_UNSHARE, "true"], capture_output=True, check=False).returncode == 0


@pytest.mark.skipif(not _can_unshare(), reason="this host allows no network of one's own (unshare --map-root-user)")
def test_a_broken_name_is_the_targets_fault_and_a_broken_resolver_ours(tmp_path: Path) -> None:
    command = [*_UNSHARE, sys.executable, "-m", "tests.engine.probes.broken_names", str(tmp_path / "resolv.conf")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    own = "not run: the resolver of this host gave no answer, see /etc/resolv.conf"
    assert json.loads(done.stdout) == {
        "gone": ["down", "DNS: no such host"],
        "broken": ["down", "DNS: the server failed (SERVFAIL), says the resolver of this host"],
        "empty": ["down", "DNS: no such host"],
        "lame": ["unknown", own],
        "silent": ["unknown", "not run: the resolver of this host did not answer in 0.5 s"],
        "other": ["unknown", own],
        "dead": ["unknown", own],
    }
