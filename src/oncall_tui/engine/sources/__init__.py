"""Sources: what Prometheus, Alertmanager and Gatus have found, read as probes.

A kind of source is a kind of probe (`async def run(probe, tools, trace)`): that it can be read is its own result. What
it tells of its targets goes to the desk (`desk.py`), which makes probes and results of it.
"""
