"""The one process that touches the network: it probes, publishes, reads back, and tells the file."""

import sys

# httpx loads its own command line, with rich, for whoever imports it, and does without when there is none: 5 MB.
sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]
