"""What each container runs, and what Kubernetes asks it: commands of Airflow's own command line, paths of its API."""

from __future__ import annotations

from typing import Any

import deployments
import pytest
from containers import command, containers
from documents import INGRESS, Case, across
from rendered import Object

AHEAD = "python /etc/airflow-scripts/import_first.py"
"""Runs the command of Airflow that follows in a Python that has imported what tasks and DAG files need."""
WAIT = "python /etc/airflow-scripts/wait_for_schema.py 600 fab"
MAKE_SECRETS = "python /etc/airflow-scripts/generate_secrets.py etl-airflow-generated"
CLEAN = "sh /etc/airflow-scripts/clean_logs.sh /opt/airflow/logs 21600 900"

CELERY_3 = {
    "webserver": "airflow api-server",
    "scheduler": "airflow scheduler",
    "dag-processor": f"{AHEAD} dag-processor",
    "triggerer": "airflow triggerer",
    "worker": f"{AHEAD} celery worker --concurrency 8",
    "flower": "airflow celery flower",
    "migrations": "python /etc/airflow-scripts/migrate.py",
    "secret-generation": MAKE_SECRETS,
    "postgresql": "sh /etc/airflow-scripts/postgresql.sh",
    "redis": "sh /etc/airflow-scripts/redis.sh",
    "webserver/wait-for-schema": f"{WAIT} user",
    "scheduler/wait-for-schema": WAIT,
    "dag-processor/wait-for-schema": WAIT,
    "triggerer/wait-for-schema": WAIT,
    "scheduler/log-cleaner": CLEAN,
    "dag-processor/log-cleaner": CLEAN,
    "triggerer/log-cleaner": CLEAN,
    "worker/log-cleaner": CLEAN,
}
"""Workers and Flower open no connection to the metadata database, so nothing waits for its schema there."""

CELERY_2 = CELERY_3 | {
    "webserver": "airflow webserver --pid /tmp/airflow-webserver.pid",  # its root is read-only, the default in its home
    "worker/wait-for-schema": WAIT,
}
KUBERNETES_3 = {
    "webserver": "airflow api-server",
    "scheduler": "airflow scheduler",
    "dag-processor": f"{AHEAD} dag-processor",
    "triggerer": "airflow triggerer",
    "task": "",  # the executor writes the command of the task into it
    "migrations": "python /etc/airflow-scripts/migrate.py",
    "secret-generation": MAKE_SECRETS,
    "postgresql": "sh /etc/airflow-scripts/postgresql.sh",
    "webserver/wait-for-schema": f"{WAIT} user",
    "scheduler/wait-for-schema": WAIT,
    "dag-processor/wait-for-schema": WAIT,
    "triggerer/wait-for-schema": WAIT,
    "scheduler/log-cleaner": CLEAN,
    "dag-processor/log-cleaner": CLEAN,
    "triggerer/log-cleaner": CLEAN,
}
LOCAL_3 = {name: line for name, line in KUBERNETES_3.items() if name != "task"} | {"scheduler": f"{AHEAD} scheduler"}
LOCAL_2 = {name: line for name, line in LOCAL_3.items() if not name.startswith("dag-processor")} | {
    "webserver": CELERY_2["webserver"]
}

TABLES = (
    (deployments.CELERY_3, CELERY_3),
    (deployments.CELERY_2, CELERY_2),
    (deployments.KUBERNETES_3, KUBERNETES_3),
    (deployments.KUBERNETES_2, KUBERNETES_3 | {"webserver": CELERY_2["webserver"]}),
    (deployments.LOCAL_3, LOCAL_3),
    (deployments.LOCAL_2, LOCAL_2),
)
OWN_ENTRYPOINT = ("secret-generation", "postgresql", "redis")
"""What does not start through the entrypoint of its image."""


def run(name: str, container: Object) -> str:
    """The command of a container; which secrets are made stands in another table."""
    line = command(container)
    return line.partition(" fernet-key=")[0] if name == "secret-generation" else line


@pytest.mark.parametrize(("case", "table"), TABLES, ids=[case.name for case, _ in TABLES])
def test_a_container_runs_exactly_this(case: Case, table: dict[str, str]) -> None:
    assert {name: run(name, container) for name, container in containers(case).items()} == table


@across(deployments.EVERY)
def test_airflow_starts_through_the_entrypoint_of_its_image(case: Case) -> None:
    """It makes a user for an arbitrary uid, and is the init process that waits for orphans."""
    for name, container in containers(case).items():
        own = name in OWN_ENTRYPOINT or "/" in name
        assert ("command" in container) == own, name


def test_a_set_of_workers_serves_its_queues() -> None:
    case = Case("queues", {"workers": {"sets": {"default": {"queues": ["gpu", "cuda"], "concurrency": 2}}}})
    assert command(containers(case)["worker"]) == f"{AHEAD} celery worker --concurrency 2 --queues gpu,cuda"


@pytest.mark.parametrize("version", deployments.VERSIONS)
def test_behind_an_ingress_the_server_of_airflow_3_reads_forwarded_headers(version: str) -> None:
    """Without them its redirects lead to http and to the name of the Service."""
    case = Case("ingress", {**INGRESS, "airflowVersion": version})
    wanted = {"3.3.2": "airflow api-server --proxy-headers", "2.11.2": CELERY_2["webserver"]}
    assert command(containers(case)["webserver"]) == wanted[version]


# --- what Kubernetes asks --------------------------------------------------------------------------------------------

_JOB = "python /etc/airflow-scripts/check_job.py"
_WORKER = "python /etc/airflow-scripts/check_worker.py"
_POSTGRESQL = "pg_isready -q -h /var/run/postgresql"
PROBES_3 = {
    "webserver": ("GET http/execution/health", "GET http/api/v2/version", "GET http/api/v2/monitor/health"),
    "scheduler": ("GET health/health", "GET health/health", "GET health/health"),
    "dag-processor": (f"{_JOB} DagProcessorJob 90", f"{_JOB} DagProcessorJob 90", ""),
    "triggerer": (f"{_JOB} TriggererJob 90", f"{_JOB} TriggererJob 90", ""),
    "worker": (_WORKER, _WORKER, ""),
    "flower": ("GET http/healthcheck", "GET http/healthcheck", "GET http/healthcheck"),
    "postgresql": (_POSTGRESQL, _POSTGRESQL, _POSTGRESQL),
    "redis": ("connect to redis", "connect to redis", "connect to redis"),
}
"""Start-up, liveness, readiness. A heartbeat may be 90 seconds old, three times what Airflow itself calls healthy."""
PROBES_2 = PROBES_3 | {
    "webserver": ("GET http/health", "GET http/api/v1/version", "GET http/health"),
    "scheduler": (f"{_JOB} SchedulerJob 90", f"{_JOB} SchedulerJob 90", f"{_JOB} SchedulerJob 90"),
}


def asked(probe: Any) -> str:
    """What a probe asks, as one line."""
    if "httpGet" in probe:
        return f"GET {probe['httpGet']['port']}{probe['httpGet']['path']}"
    if "exec" in probe:
        return " ".join(probe["exec"]["command"])
    return f"connect to {probe['tcpSocket']['port']}" if probe else ""


@pytest.mark.parametrize(
    ("case", "table"), [(deployments.CELERY_3, PROBES_3), (deployments.CELERY_2, PROBES_2)], ids=deployments.VERSIONS
)
def test_kubernetes_asks_exactly_this(case: Case, table: dict[str, tuple[str, str, str]]) -> None:
    kinds = ("startupProbe", "livenessProbe", "readinessProbe")
    found = {name: tuple(asked(item.get(kind, {})) for kind in kinds) for name, item in containers(case).items()}
    assert {name: probes for name, probes in found.items() if any(probes)} == table


PORTS = {
    "webserver": {"http": 8080},
    "scheduler": {"health": 8974},
    "triggerer": {"logs": 8794},
    "worker": {"logs": 8793},
    "flower": {"http": 5555},
    "postgresql": {"postgresql": 5432},
    "redis": {"redis": 6379},
}


def test_a_container_listens_on_airflows_usual_ports() -> None:
    found = {name: item.get("ports", []) for name, item in containers(deployments.CELERY_3).items()}
    assert {name: {p["name"]: p["containerPort"] for p in ports} for name, ports in found.items() if ports} == PORTS


def test_a_scheduler_that_runs_tasks_serves_their_logs() -> None:
    ports = containers(deployments.LOCAL_3)["scheduler"]["ports"]
    assert {port["name"]: port["containerPort"] for port in ports} == {"health": 8974, "logs": 8793}


STARTS_WITHIN = 300
"""Seconds that a container may take for its start before it is killed: Python on a busy node, PostgreSQL's recovery."""


def test_a_start_has_time_and_a_restart_a_reason() -> None:
    for name, container in containers(deployments.CELERY_3).items():
        if "startupProbe" in container:
            start, alive = container["startupProbe"], container["livenessProbe"]
            assert start["periodSeconds"] * start["failureThreshold"] == STARTS_WITHIN, name
            assert alive["failureThreshold"] >= 3, name
            assert alive["timeoutSeconds"] < alive["periodSeconds"], name
