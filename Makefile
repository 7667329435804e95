# Nothing but Python 3.12+ and make is needed; everything else comes from the hashed lock.
PYTHON ?= $(shell for p in python3.13 python3.14 python3.12 python3 python; do \
	if $$p -c 'import sys; sys.exit(sys.version_info < (3, 12))' >/dev/null 2>&1; then echo $$p; break; fi; done)
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed

.DEFAULT_GOAL := help
.PHONY: help install demo test check format lock bench clean

help:  ## Show this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-9s %s\n", $$1, $$2}'

$(INSTALLED): requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "TripSage needs Python 3.12 or newer; set PYTHON=/path/to/python3"; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

install: $(INSTALLED)  ## Build .venv from requirements.lock

demo: $(INSTALLED)  ## Plan a trip end to end and print it
	$(BIN)/tripsage-mcp demo

test: $(INSTALLED)  ## Run every test, with the coverage floor
	$(BIN)/python -m pytest -n 2 --dist worksteal --cov --cov-report=term:skip-covered

check: $(INSTALLED)  ## Run the gate: lint, types, import contracts, dependencies, dead code
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/lint-imports
	$(BIN)/deptry tripsage_mcp
	$(BIN)/vulture
	$(BIN)/basedpyright

format: $(INSTALLED)  ## Format and apply safe fixes
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

bench: $(INSTALLED)  ## Measure start-up and per-call overhead against a bare server
	$(BIN)/python -m tests.benchmarks

lock:  ## Recompute requirements.lock (needs uv)
	uv pip compile pyproject.toml --all-extras --group test --group lint --group build --universal --python-version 3.12 \
		--generate-hashes --no-emit-index-url --no-header --upgrade -o requirements.lock

clean:  ## Remove the environment and caches
	rm -rf $(VENV) .pytest_cache .ruff_cache .hypothesis .import_linter_cache .coverage*
