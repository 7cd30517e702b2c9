# The project's commands. `make test` sets up everything it needs.
PYTHON ?= python3
UV_VERSION := 0.13.8
BIN := .venv/bin

.PHONY: setup up down programs test quick lint chart golden mutants checkov bench bench-local bench-cluster clean \
  cluster cluster-down cluster-purge cluster-status cluster-possible test-cluster

setup: .venv/.ready

.venv/.ready: pyproject.toml uv.lock
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet uv==$(UV_VERSION)
	VIRTUAL_ENV=$(CURDIR)/.venv $(BIN)/uv sync --quiet --frozen --inexact --active
	touch $@

# A real Airflow on this machine, from the same values as in a cluster: no root, no Docker, no Kubernetes.
up: setup
	$(BIN)/airflow-charts up --detach -f examples/laptop.yaml --dags examples/dags

down: setup
	$(BIN)/airflow-charts down

# What tests run beside Python packages: servers, a browser, and the Airflow of the local run.
programs: setup
	sh tools/install_programs.sh
	$(BIN)/python tools/fetch_local_programs.py

# Everything that must hold: style, types, layers, the committed chart, and the tests; the ones on real Airflow first.
test: setup programs lint
	$(BIN)/airflow-charts chart check
	$(BIN)/pytest tests/local/run
	$(BIN)/pytest -n 2 --dist worksteal

# What finds most mistakes in two minutes. It needs no programs but those of `make setup`.
quick: lint
	$(BIN)/airflow-charts chart check
	LAW_SCALE=0.1 $(BIN)/pytest -n 2 -q tests/facts tests/components tests/golden tests/reading tests/values tests/tracing \
	  tests/law/test_random.py tests/law/test_examples.py

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# Writes the generated chart and documentation.
chart: setup
	$(BIN)/airflow-charts chart build
	$(BIN)/airflow-charts chart reference > docs/values.md

# Writes the manifests that tests compare the chart's with; read their difference.
golden: setup
	$(BIN)/python tests/golden/golden.py

# Makes known faults one by one, and fails if the facts and the tests of components do not see one.
mutants: setup
	$(BIN)/python tests/mutants/run.py

# A security scan of the manifests; not part of `make test`, because checkov brings 80 packages.
checkov: setup
	CHECKOV="$(CURDIR)/$(BIN)/uvx --from checkov==3.3.30 checkov" $(BIN)/pytest tests/properties/test_checkov.py

# A single-node Kubernetes of plain processes, for the tests: Debian, root, Go. KUBERNETES_VERSION=1.34 for another one.
CLUSTER := PYTHONPATH=tools $(BIN)/python -m cluster

cluster: setup
	$(CLUSTER) up

cluster-down: setup
	$(CLUSTER) down

cluster-purge: setup
	$(CLUSTER) purge

cluster-status: setup
	$(CLUSTER) status

# Fails, and says why, where no cluster can run.
cluster-possible: setup
	$(CLUSTER) possible

# The chart on a real cluster: ours, or with KUBECONFIG=... on this command line that one, see CONTRIBUTING.md.
ifeq ($(origin KUBECONFIG),command line)
test-cluster: setup
	CLUSTER_TESTS=1 CLUSTER_KUBECONFIG=$(abspath $(KUBECONFIG)) $(BIN)/pytest tests/cluster -n 2 --dist loadfile --no-loadscope-reorder
else
test-cluster: setup cluster
	CLUSTER_TESTS=1 $(BIN)/pytest tests/cluster -n 2 --dist loadfile --no-loadscope-reorder --ignore tests/cluster/test_node.py
	CLUSTER_TESTS=1 $(BIN)/pytest tests/cluster/test_node.py
endif

bench: setup
	$(BIN)/python -m benchmarks

# The local run beside `airflow standalone`: several minutes, on a machine that does nothing else.
bench-local: setup
	$(BIN)/python -m benchmarks.local_run

# The chart on the cluster, and others beside it with BENCH_CHARTS=...: on a machine that does nothing else.
bench-cluster: setup cluster
	$(BIN)/python -m benchmarks.cluster

clean:
	rm -rf .venv
