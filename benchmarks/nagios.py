"""Nagios Core on the targets of a benchmark: its own configuration, its own plugin, and what its log says.

Debian has them as nagios4-core and monitoring-plugins-basic. Its usual pace is kept: it looks again after a sixth of
the interval, and a service is hard down at the third wrong answer; times are whole seconds there.
"""

from __future__ import annotations

import asyncio
import contextlib
import grp
import os
import pwd
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from subprocess import DEVNULL, Popen

NAGIOS = "nagios4"
PLUGIN = Path("/usr/lib/nagios/plugins/check_http")
_LOOK_EVERY_S = 0.02
_FILES = """
log_file={folder}/nagios.log
cfg_file={folder}/objects.cfg
object_cache_file={folder}/objects.cache
precached_object_file={folder}/objects.precache
status_file={folder}/status.dat
temp_file={folder}/nagios.tmp
temp_path={folder}
check_result_path={folder}/results
lock_file={folder}/nagios.pid
command_file={folder}/nagios.cmd
query_socket={folder}/nagios.qh
state_retention_file={folder}/retention.dat
"""
_WAYS = """
nagios_user={user}
nagios_group={group}
interval_length=1
execute_host_checks=0
enable_notifications=0
enable_flap_detection=1
check_external_commands=0
check_for_updates=0
retain_state_information=0
use_syslog=0
service_check_timeout=10
"""
_OBJECTS = """
define timeperiod {{
  timeperiod_name always
  alias always
  sunday 00:00-24:00
  monday 00:00-24:00
  tuesday 00:00-24:00
  wednesday 00:00-24:00
  thursday 00:00-24:00
  friday 00:00-24:00
  saturday 00:00-24:00
}}
define command {{
  command_name page
  command_line {plugin} -H 127.0.0.1 -p {port} -u /$ARG1$ -t 5
}}
define contact {{
  contact_name nobody
  host_notification_period always
  service_notification_period always
  host_notification_commands page
  service_notification_commands page
}}
define host {{
  host_name targets
  address 127.0.0.1
  max_check_attempts 1
  active_checks_enabled 0
  check_period always
  notification_period always
  contacts nobody
}}
"""
_SERVICE = """
define service {{
  host_name targets
  service_description {name}
  check_command page!{name}
  check_interval {every_s:g}
  retry_interval {again_s:g}
  max_check_attempts 3
  check_period always
  notification_period always
}}
"""


def find_missing() -> str:
    """Returns what has to be installed to run it, nothing when all is there."""
    return "" if shutil.which(NAGIOS) and PLUGIN.exists() else "nagios4-core monitoring-plugins-basic"


@contextlib.contextmanager
def open_nagios(folder: Path, port: int, names: Sequence[str], every_s: float, again_s: float) -> Iterator[Path]:
    """Looks at the paths `names` of a port from now on; yields the log that it writes."""
    (folder / "results").mkdir()
    log = folder / "nagios.log"
    log.touch()
    services = "".join(_SERVICE.format(name=name, every_s=every_s, again_s=again_s) for name in names)
    (folder / "objects.cfg").write_text(_OBJECTS.format(plugin=PLUGIN, port=port) + services)
    config = folder / "nagios.cfg"
    # It would leave root for a user of its own, who may not write here.
    ways = _WAYS.format(user=pwd.getpwuid(os.getuid()).pw_name, group=grp.getgrgid(os.getgid()).gr_name)
    config.write_text(_FILES.format(folder=folder) + ways)
    with Popen([NAGIOS, str(config)], stdout=DEVNULL, stderr=DEVNULL) as process:
        try:
            yield log
            if process.poll() is not None:
                raise RuntimeError(log.read_text(errors="replace"))
        finally:
            process.terminate()


async def follow_log(log: Path, stop: asyncio.Event, tell: Callable[[str, str, str], None]) -> None:
    """Calls `tell(name, kind, words)` for each service that the log says to be hard "down" or "flapping"."""
    with log.open(encoding="utf-8", errors="replace") as lines:
        while not stop.is_set():
            if not (line := lines.readline()):
                await asyncio.sleep(_LOOK_EVERY_S)
                continue
            _, _, event = line.partition("] ")
            kind, _, rest = event.partition(": ")
            fields = rest.strip().split(";")
            if kind == "SERVICE ALERT" and fields[2:4] == ["CRITICAL", "HARD"]:
                tell(fields[1], "down", fields[-1])
            elif kind == "SERVICE FLAPPING ALERT" and fields[2] == "STARTED":
                tell(fields[1], "flapping", fields[-1])
