# The project's commands. `make test` sets up everything it needs.
PYTHON ?= python3
UV_VERSION := 0.13.8
BIN := .venv/bin

.PHONY: setup test lint chart bench clean

setup: .venv/.ready

.venv/.ready: pyproject.toml uv.lock
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet uv==$(UV_VERSION)
	VIRTUAL_ENV=$(CURDIR)/.venv $(BIN)/uv sync --quiet --frozen --inexact --active
	touch $@

# Everything that must hold: style, types, layers, the committed chart, and the tests.
test: setup lint
	$(BIN)/airflow-charts chart check
	$(BIN)/pytest -n 2

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# Writes the generated chart and documentation.
chart: setup
	$(BIN)/airflow-charts chart build

bench: setup
	$(BIN)/python -m benchmarks

clean:
	rm -rf .venv
