# Two commands do everything on a fresh machine with Python >= 3.11:  make app   make test
PYTHON ?= python3
BIN := .venv/bin
NPM = PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/npm

.PHONY: app test test-slow check check-python check-stage clean

# Each process of the tests would compile all modules and tests again where the environment forbids to keep bytecode.
test test-slow: export PYTHONDONTWRITEBYTECODE =

app: .venv/installed-app
	@$(BIN)/epochscope $(if $(PORT),--port $(PORT)) $(if $(ADDRESS),--address $(ADDRESS)) $(if $(HOSTS),--hosts $(HOSTS))

# Some processes of xdist share the tests; those that share a training, a server or a page stay in one of them.
PYTEST = $(BIN)/python -m pytest -q -n auto --maxprocesses 4 --dist loadgroup

# Without the tests that are marked slow. Few browser tests are sooner through with one server and one browser.
test: check
	tests/e2e/install_chromium
	$(PYTEST) -m "not slow" --ignore tests/e2e
	$(BIN)/python -m pytest -q -m "not slow" tests/e2e

# Many slow tests wait: for programs that they start, kill or let sleep. So there are more processes than two cores.
test-slow: .venv/installed-dev .venv/installed-stage
	tests/e2e/install_chromium
	$(PYTEST) -n 3 -m slow --ignore tests/e2e
	$(PYTEST) -m slow tests/e2e

check: .venv/installed-dev .venv/installed-stage
	@$(MAKE) --no-print-directory -j 2 check-python check-stage

check-python:
	$(BIN)/ruff format --check -q .
	$(BIN)/ruff check -q .
	$(BIN)/lint-imports --no-logo
	$(BIN)/pyright --pythonpath $(BIN)/python

check-stage:
	$(NPM) run --silent lint
	$(NPM) run --silent types
	$(NPM) run --silent test

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit("epochscope needs Python 3.11 or newer: make PYTHON=/path/to/python" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv .venv

.venv/installed-app: pyproject.toml constraints.txt | .venv/bin/python
	$(BIN)/pip install --quiet -c constraints.txt -e .
	@touch $@

.venv/installed-dev: pyproject.toml constraints.txt | .venv/bin/python
	$(BIN)/pip install --quiet -c constraints.txt -e ".[dev]"
	@touch $@ .venv/installed-app

.venv/installed-stage: package.json package-lock.json .npmrc .venv/installed-dev
	$(NPM) ci --silent
	@touch $@

clean:
	rm -rf .venv node_modules build *.egg-info .pytest_cache .ruff_cache .import_linter_cache
