# The two commands of a new clone: `make demo` and `make test`. Each makes what it needs inside the clone.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: demo test lint types imports check compiled torture bench docs clean

demo: $(READY)
	@$(BIN)/oncall-tui demo

test: check compiled
	@$(BIN)/pytest -n 4 --dist loadfile --hypothesis-profile=ci

check: lint types imports

lint: $(READY)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: $(READY)
	@$(BIN)/mypy

imports: $(READY)
	@$(BIN)/lint-imports

# As an installation does it, also where the shell forbids Python to write what it compiled: every process starts faster.
compiled: $(READY)
	@$(BIN)/python -m compileall -q src tests

# Longer than a change has to wait for: a thousand histories of the queue, and the whole program against a page that fails.
torture: compiled
	@$(BIN)/python -m tests.engine.torture --histories 300 --machine 1000
	@$(BIN)/python -m tests.e2e.torture --minutes 5

bench: compiled
	@$(BIN)/python -m benchmarks

docs: $(READY)
	@$(BIN)/python -c 'from oncall_tui.config.reference import render_reference as r; print(r(), end="")' > docs/config.md
	@$(BIN)/python -c 'from oncall_tui.tui.reference import render_keys as r; print(r(), end="")' > docs/keys.md

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

$(READY): pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "make: $(PYTHON) is missing: install Python 3.11 or newer, or run make PYTHON=/path/to/python3"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "make: $(PYTHON) is too old: Python 3.11 or newer is needed; run make PYTHON=/path/to/python3"; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "make: the venv module is missing: install it (Debian: apt install python3-venv)"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing what is needed into $(VENV), once; this takes a minute or so."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check 'pip>=25.1' || { echo "make: no package index could be reached: pip says why above"; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable . --group dev || { echo "make: the packages could not be installed: pip says why above"; exit 1; }
	@touch $@
