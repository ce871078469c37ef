# Two commands do everything a newcomer needs: `make nightly` and `make test`.
PYTHON ?= python3
BIN := .venv/bin
SHOP ?= demo
export DO_NOT_TRACK = 1
# A night and a test start many Pythons: what one has compiled is there for the next.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help nightly test test-fast test-whole test-clock coverage check format up cluster docs bench torture lock sbom clean

help:  ## Show this list.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

nightly: .venv/ready  ## Run tonight for the demo shop (SHOP=name for another).
	@$(BIN)/backroom nightly --shop $(SHOP)

# With BRANCHES=1 both count branches, which `make coverage` holds to their floor; it takes a fifth more CPU.
COUNTED := $(if $(BRANCHES),--cov --cov-report= --cov-fail-under=0)
APPENDED := $(if $(BRANCHES),--cov-append)

test: .venv/ready  ## Run what must pass, but for whole nights and whatever else takes long.
	@$(BIN)/python -m pytest -n 3 --dist loadgroup -m "not whole" $(COUNTED)

test-whole: .venv/ready  ## Run the rest: whole nights, servers, browsers, proofs over thousands of files and worlds.
	@$(BIN)/python -m pytest -n 3 --dist loadgroup -m whole $(COUNTED) $(APPENDED)

coverage: .venv/ready  ## What the last `BRANCHES=1 make test test-whole` ran of all branches; holds their floor.
	@$(BIN)/coverage report

test-fast: .venv/ready  ## Run rules, SQL and settings, in seconds; every branch of the rules.
	@$(BIN)/python -m pytest -n 2 tests/rules tests/sql tests/config --cov=tasks.rules --cov-fail-under=100

# Days from now, or a zone: half a minute before the clocks there next change. At the first everything runs,
# whole nights and servers too, and only the browser is left out: its clock is the machine's. At the others, what
# is quick: those folders are given every moment they use.
CLOCKS := +400 +1 +40 America/New_York
ONCE := -m "not whole" --ignore=tests/exports --ignore=tests/reading --ignore=tests/sql

# Every Python process is on that clock, those that tests start too. Not shifted: what the system, DuckDB and
# SQLite write of their own accord: times of files, which tests set where they count, and `now()`, which only
# dates a record.
test-clock: .venv/ready  ## Run everything 400 days on, and most on other dates and as clocks change.
	@skip=--ignore=tests/flows/test_ui.py; for clock in $(CLOCKS); do echo "At $$clock"; \
		TEST_CLOCK=$$clock PYTEST_ADDOPTS="$$skip" PYTHONPATH=$(CURDIR)/tests/clock \
		$(BIN)/python -m pytest -n 3 --dist loadgroup -W ignore::pytest.PytestAssertRewriteWarning || exit 1; \
		skip='$(ONCE)'; done

check: .venv/ready  ## Format, lint, types, imports, SQL: the whole style gate.
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/sqlfluff lint --processes 2 sql

format: .venv/ready  ## Fix what a machine can fix.
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	$(BIN)/sqlfluff fix --processes 2 sql

up: .venv/ready  ## Prefect server and UI on 127.0.0.1:4200, every flow served on its schedule.
	@$(BIN)/backroom up

cluster: .venv/ready  ## Run tonight for every shop, on WORKERS (2) Prefect workers with a PostgreSQL-backed server.
	@$(BIN)/backroom nightly-all --workers $(or $(WORKERS),2)

docs: .venv/ready  ## The handbook: data/handbook/index.html.
	@$(BIN)/backroom docs

bench: .venv/ready  ## Speed and memory as ratios to floors measured in the same run.
	@$(BIN)/python -m tests.bench

torture: .venv/ready  ## Plant bugs that a test must notice; kill and starve a night at every kind of system call.
	@$(BIN)/python -m tests.torture

lock: .venv/ready  ## Resolve the newest allowed versions into requirements.txt.
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-header --all-extras --group dev pyproject.toml -o requirements.txt

# What `pip install backroom` with every extra brings, at the locked versions and by their hashes; not what tests need.
sbom: .venv/ready  ## A software bill of materials: data/sbom.json (CycloneDX).
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-header --no-annotate --all-extras --constraints requirements.txt pyproject.toml -o .venv/shipped.txt
	@PYTHONWARNINGS=ignore $(BIN)/uv tool run --quiet --from cyclonedx-bom==7.5.0 cyclonedx-py requirements --pyproject pyproject.toml \
		--output-reproducible --output-file data/sbom.json .venv/shipped.txt

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
