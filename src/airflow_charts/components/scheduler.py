"""The scheduler; with LocalExecutor it also runs the tasks and serves their logs."""

from __future__ import annotations

from airflow_charts.additions.logs import LOGS
from airflow_charts.components import workers
from airflow_charts.components.kubernetes_executor import pod_template_data
from airflow_charts.k8s import core_v1
from airflow_charts.parts.access import manage_pods
from airflow_charts.parts.component import ANYWHERE, KUBERNETES_API, Component, Holds, Need, Port, other
from airflow_charts.parts.names import name_of
from airflow_charts.parts.option import Option, Variable
from airflow_charts.parts.pod import asked, config_map_files, container_port, http_check, probed
from airflow_charts.processes.airflow_pod import Program, forking, job_check, replicated_airflow
from airflow_charts.processes.config import checksums
from airflow_charts.processes.keys import API_SECRET, FERNET, JWT
from airflow_charts.processes.services import BROKER, DATABASE, RESULTS
from airflow_charts.release import Release
from airflow_charts.tracing import all_of, any_of, digest, filled, negate, when
from airflow_charts.values import Values, conditions

HEALTH = Port("health", 8974, options=(("scheduler", "scheduler_health_check_server_port"),))


def _runs_tasks_of_airflow_3(values: Values) -> bool:
    return all_of(conditions.airflow_3(values), conditions.local(values))


def _log_folder(values: Values, release: Release) -> str:
    """Where the scheduler of Airflow 2 writes what it says about DAG files."""
    del values
    return f"{release.path(LOGS)}/scheduler"


def program(values: Values, release: Release) -> Program:
    """What the scheduler runs. Its health server answers from its heartbeat, at the cost of an HTTP request.

    On Airflow 2 that server is a fork that goes on with the scheduler's own connection to the database: asked while the
    scheduler starts, it takes an answer that was not for it, and the scheduler waits for ever.
    """
    kubernetes, new = conditions.kubernetes(values), conditions.airflow_3(values)
    check = when(new, lambda: http_check("/health", "health"), lambda: job_check(release, "SchedulerJob"))
    return Program(
        component=COMPONENT,
        args=when(
            conditions.scheduler_runs_code(values),
            lambda: forking(release, "scheduler"),
            lambda: ["airflow", "scheduler"],
        ),
        env=[
            when(
                kubernetes,
                # Nobody else reads this option: in airflow.cfg a change of it would restart everything.
                lambda: core_v1.EnvVar(
                    name="AIRFLOW__KUBERNETES_EXECUTOR__DELETE_WORKER_PODS",
                    value=when(values.kubernetes_executor.delete_pods, "True", "False"),
                ),
            )
        ],
        ports=[
            when(new, lambda: container_port(release, HEALTH)),
            when(conditions.local(values), lambda: container_port(release, workers.LOGS)),
        ],
        startup=probed(values.scheduler.startup_probe, check),
        liveness=probed(values.scheduler.liveness_probe, check),
        readiness=probed(values.scheduler.readiness_probe, check),
        config_sources=[when(kubernetes, lambda: config_map_files(name_of(values, release, "pod-template")))],
        scripts={
            "import_first.py": all_of(conditions.scheduler_runs_code(values), negate(filled(values.scheduler.args))),
            "check_job.py": all_of(
                negate(new), any_of(asked(values.scheduler), values.scheduler.readiness_probe.enabled)
            ),
        },
        checksums={
            **checksums(values, release),
            "checksum/pod-template": when(kubernetes, lambda: digest(pod_template_data(values, release), 16)),
        },
    )


def objects(values: Values, release: Release) -> list[object]:
    """The scheduler's objects."""
    return replicated_airflow(values, release, values.scheduler, program(values, release))


COMPONENT = Component(
    name="scheduler",
    settings=lambda values: values.scheduler,
    objects=objects,
    reads_dags=True,
    writes_logs=True,
    serves=(workers.LOGS, HEALTH),
    needs=(
        Need(DATABASE, "the state of everything"),
        Need(RESULTS, "the state of Celery's tasks", conditions.celery),
        Need(BROKER, "sends tasks", conditions.celery),
        Need(other("webserver"), "the execution API of Airflow 3", _runs_tasks_of_airflow_3),
        Need(KUBERNETES_API, "starts and watches task pods", conditions.kubernetes),
        Need(ANYWHERE, "runs users' code", conditions.scheduler_runs_code),
    ),
    keys=(Holds(FERNET), Holds(API_SECRET), Holds(JWT, conditions.airflow_3)),
    options=(
        Option(
            "scheduler", "enable_health_check", "scheduler.livenessProbe", lambda _, __: "True", conditions.airflow_3
        ),
        Option("scheduler", "child_process_log_directory", "logs", _log_folder, conditions.airflow_2),
        Option("scheduler", "scheduler_health_check_server_port", "scheduler.livenessProbe"),
    ),
    verbs=manage_pods,
    variables=(Variable("AIRFLOW__KUBERNETES_EXECUTOR__DELETE_WORKER_PODS", "`kubernetesExecutor.deletePods`"),),
)
