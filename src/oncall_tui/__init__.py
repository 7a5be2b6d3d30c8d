"""oncall-tui: from the first red probe to an update that customers can read."""

__version__ = "0.1.0"
