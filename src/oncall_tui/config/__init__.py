"""TOML to typed settings; every fault of a file is told at once, with its line."""
