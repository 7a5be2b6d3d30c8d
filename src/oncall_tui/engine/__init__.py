"""The one process that touches the network: it probes, publishes, reads back, and tells the file."""
