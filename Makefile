# Two commands do everything a newcomer needs: `make nightly` and `make test`.
PYTHON ?= python3
BIN := .venv/bin
SHOP ?= demo
export DO_NOT_TRACK = 1

.DEFAULT_GOAL := help
.PHONY: help nightly test test-clock check format up bench lock clean

help:  ## Show this list.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

nightly: .venv/ready  ## Run tonight for the demo shop (SHOP=name for another).
	@$(BIN)/backroom nightly --shop $(SHOP)

test: .venv/ready  ## Run everything that must pass.
	@$(BIN)/python -m pytest -n 3 --dist loadgroup

# Days from now, and the nights on which clocks change in New York and in Berlin.
CLOCKS := +1d +40d +400d @2027-03-14_06:59:30 @2027-10-31_00:59:30
DATED := tests/config tests/rules tests/demo tests/flows/test_clock_change.py tests/test_load.py tests/test_pull.py \
	tests/test_replay.py tests/test_raw.py tests/test_summary.py

# One process, and no whole nights: under faketime, waits of threads and processes do not end.
test-clock: .venv/ready  ## Run what could depend on today's date on other dates (Debian's faketime).
	@command -v faketime >/dev/null || { echo "faketime is missing: apt-get install faketime" >&2; exit 1; }
	@for clock in $(CLOCKS); do echo "At $$clock"; FAKETIME_DONT_FAKE_MONOTONIC=1 \
		faketime -f "$$(echo $$clock | tr _ ' ')" $(BIN)/python -m pytest -n 0 $(DATED) || exit 1; done

check: .venv/ready  ## Format, lint, types, imports, SQL: the whole style gate.
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/sqlfluff lint --processes 2 sql

format: .venv/ready  ## Mend what a machine can mend.
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	$(BIN)/sqlfluff fix --processes 2 sql

up: .venv/ready  ## Prefect server and UI on 127.0.0.1:4200, every flow served on its schedule.
	@$(BIN)/backroom up

bench: .venv/ready  ## Speed and memory as ratios to floors measured in the same run.
	@$(BIN)/python -m tests.bench

lock: .venv/ready  ## Resolve the newest allowed versions into requirements.txt.
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-header --all-extras --group dev pyproject.toml -o requirements.txt

clean:  ## Remove the environment; data stays.
	rm -rf .venv

# The locked environment: pip fetches uv by its hash, uv installs the rest by theirs.
.venv/ready: requirements.txt pyproject.toml
	@echo "Setting up .venv (once, a minute or two) …"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Backroom needs Python 3.11 or newer")'
	@$(PYTHON) -m venv .venv
	@sed -n '/^uv==/,/# via/p' requirements.txt > .venv/uv.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r .venv/uv.txt
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --compile-bytecode --require-hashes -r requirements.txt
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-build-isolation --no-deps -e .
	@touch $@
