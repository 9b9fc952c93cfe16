# Everything that a person types here. `make` alone prints the list.
# Each target sets up what it needs first; what is there already is not touched again.

SHELL  := /bin/sh
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
AXE    := tests/browser/node_modules/.ready
FEDIFY := tests/interop/fedify/node_modules/.ready
S3     := tests/several/s3/node_modules/.ready
PASTURE := $(VENV)/pasture/.ready
PIP    := $(BIN)/python -m pip install --quiet --disable-pip-version-check
LOCK   := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header
# Which tests, and how: make test TESTS=tests/unit PYTEST_OPTIONS="-x -k sign_in"
TESTS  ?=
PYTEST_OPTIONS ?= -n 3 --dist loadscope --no-loadscope-reorder
# Thousands of databases that are thrown away: in memory, where there is enough of it, they take half the time.
SCRATCH := $(shell df -Pm /dev/shm 2>/dev/null | awk 'NR == 2 && $$4 > 4000 { print "/dev/shm" }')

# Tests and the demo start hundreds of processes; where this is set, each of them compiles all modules again.
unexport PYTHONDONTWRITEBYTECODE

.DELETE_ON_ERROR:
.PHONY: help run demo test test-fast soak check fix lock clean

help: ## print this list
	@echo "Lavoir. Targets:"
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(VENV)/.run-ready ## start a village on http://localhost:8000, data in ./data
	@exec $(BIN)/lavoir serve

demo: $(VENV)/.run-ready ## two villages and their region with a story in them, data in ./demo-data
	@exec $(BIN)/lavoir demo

test: $(VENV)/.dev-ready parts ## run every test (as root: also installs the system parts they need)
	$(if $(SCRATCH),TMPDIR=$(SCRATCH)) $(BIN)/python -m pytest $(PYTEST_OPTIONS) $(TESTS)

test-fast: PYTEST_OPTIONS = -n auto --dist loadscope --no-loadscope-reorder
test-fast: $(VENV)/.dev-ready ## the tests that need no other program, on SQLite alone: while one works
	$(if $(SCRATCH),TMPDIR=$(SCRATCH)) LAVOIR_TEST_ENGINES=sqlite $(BIN)/python -m pytest -q -m "not slow" $(PYTEST_OPTIONS) tests/unit tests/matching

soak: $(VENV)/.dev-ready parts ## two villages that are killed at random for ten minutes (LAVOIR_TEST_SOAK=seconds)
	$(if $(SCRATCH),TMPDIR=$(SCRATCH)) LAVOIR_TEST_SOAK=$${LAVOIR_TEST_SOAK:-600} $(BIN)/python -m pytest -n 0 tests/faults/test_soak.py

check: $(VENV)/.dev-ready ## lint, types, import contracts, translations, migrations, lock files
	@status=0; run() { echo "$$*"; $(BIN)/"$$@" || status=1; }; \
	run ruff check; \
	run ruff format --check; \
	run mypy; \
	run lint-imports --no-logo; \
	run python -m hub.translations.check; \
	run python -m hub.db check; \
	run python -m pytest -q tests/test_lock_files.py; \
	exit $$status

fix: $(VENV)/.dev-ready ## repair what a machine can: lint, format, translation catalogues
	-$(BIN)/ruff check --fix
	$(BIN)/ruff format
	$(BIN)/python -m hub.translations.check --update

lock: $(VENV)/.dev-ready ## write the lock files again from pyproject.toml (UPGRADE=--upgrade for newer versions)
	$(LOCK) $(UPGRADE) pyproject.toml -o requirements.lock
	$(LOCK) $(UPGRADE) pyproject.toml --extra dev -c requirements.lock -o requirements-dev.lock
	$(BIN)/python -c 'import tomllib; print("editables", *tomllib.load(open("pyproject.toml", "rb"))["build-system"]["requires"], sep="\n")' \
	  | $(LOCK) $(UPGRADE) - -c requirements-dev.lock -o requirements-build.lock
	$(LOCK) $(UPGRADE) tests/interop/pasture/requirements.in -o tests/interop/pasture/requirements.lock

clean: ## remove what make set up, never ./data
	rm -rf $(VENV) tests/browser/node_modules tests/interop/fedify/node_modules tests/several/s3/node_modules build dist .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# ---------------------------------------------------------------- what the targets above set up

.PHONY: parts
parts:
	@tests/system_parts.sh
	@if command -v npm >/dev/null; then $(MAKE) --no-print-directory $(AXE) $(FEDIFY) $(S3); fi
	@$(MAKE) --no-print-directory $(PASTURE)

$(VENV)/pyvenv.cfg:
	@tests/python_ready.sh $(PYTHON)
	@$(PYTHON) -m venv --clear $(VENV)

$(VENV)/.run-ready: requirements.lock requirements-build.lock pyproject.toml $(VENV)/pyvenv.cfg
	@echo "Installing Lavoir's packages (only when they change)"
	@$(PIP) --require-hashes -r requirements.lock
	@$(PIP) --require-hashes -r requirements-build.lock
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev-ready: requirements-dev.lock $(VENV)/.run-ready
	@echo "Installing the packages for development"
	@$(PIP) --require-hashes -r requirements-dev.lock
	@touch $@

$(AXE): tests/browser/package-lock.json
	@echo "Installing axe-core for the browser tests"
	@npm ci --prefix tests/browser --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

$(FEDIFY): tests/interop/fedify/package-lock.json
	@echo "Installing Fedify, and the Node that it needs, for the tests with foreign servers"
	@npm ci --prefix tests/interop/fedify --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

$(S3): tests/several/s3/package-lock.json
	@echo "Installing a store that speaks S3 for the tests"
	@npm ci --prefix tests/several/s3 --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

$(PASTURE): tests/interop/pasture/requirements.lock $(VENV)/pyvenv.cfg
	@echo "Installing fediverse-pasture beside our own packages: it needs older ones"
	@$(BIN)/python -m venv --clear $(VENV)/pasture
	@$(VENV)/pasture/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@
