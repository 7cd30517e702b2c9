# The project's commands. `make test` sets up everything it needs.
PYTHON ?= python3
UV_VERSION := 0.13.8
BIN := .venv/bin

.PHONY: setup programs test lint chart checkov bench clean

setup: .venv/.ready

.venv/.ready: pyproject.toml uv.lock
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet uv==$(UV_VERSION)
	VIRTUAL_ENV=$(CURDIR)/.venv $(BIN)/uv sync --quiet --frozen --inexact --active
	touch $@

# PostgreSQL and Redis, which some tests run.
programs:
	sh tools/install_programs.sh

# Everything that must hold: style, types, layers, the committed chart, and the tests.
test: setup programs lint
	$(BIN)/airflow-charts chart check
	$(BIN)/pytest -n 2 --dist worksteal

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# Writes the generated chart and documentation.
chart: setup
	$(BIN)/airflow-charts chart build
	$(BIN)/airflow-charts chart reference > docs/values.md

# A security scan of the manifests; not part of `make test`, because checkov brings 80 packages.
checkov: setup
	CHECKOV="$(CURDIR)/$(BIN)/uvx --from checkov==3.3.30 checkov" $(BIN)/pytest tests/properties/test_checkov.py

bench: setup
	$(BIN)/python -m benchmarks

clean:
	rm -rf .venv
