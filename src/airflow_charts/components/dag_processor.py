"""The DAG processor: parses the DAG files."""

from __future__ import annotations

from airflow_charts.parts.component import ANYWHERE, Component, Holds, Need
from airflow_charts.parts.option import Option
from airflow_charts.parts.pod import asked, probed
from airflow_charts.processes.airflow_pod import Program, forking, job_check, replicated_airflow
from airflow_charts.processes.config import checksums
from airflow_charts.processes.keys import FERNET
from airflow_charts.processes.services import DATABASE
from airflow_charts.release import Release
from airflow_charts.tracing import all_of, filled, negate, when
from airflow_charts.values import Values, conditions


def _of_airflow_2(values: Values) -> bool:
    return all_of(conditions.airflow_2(values), conditions.has_dag_processor(values))


def program(values: Values, release: Release) -> Program:
    """What the DAG processor runs. It has no HTTP server, so its heartbeat is read from the database."""
    check = job_check(release, "DagProcessorJob")
    return Program(
        component=COMPONENT,
        args=forking(release, "dag-processor"),
        startup=probed(values.dag_processor.startup_probe, check),
        liveness=probed(values.dag_processor.liveness_probe, check),
        scripts={
            "import_first.py": negate(filled(values.dag_processor.args)),
            "check_job.py": asked(values.dag_processor),
        },
        checksums=checksums(values, release),
    )


def objects(values: Values, release: Release) -> list[object]:
    """The DAG processor's objects."""
    return replicated_airflow(values, release, values.dag_processor, program(values, release))


def rules(values: Values) -> list[str]:
    """What is wrong with its values."""
    return [
        when(
            all_of(conditions.airflow_3(values), negate(values.dag_processor.enabled)),
            "dagProcessor.enabled: Airflow 3 parses DAGs only in a DAG processor; set it to true",
        ),
    ]


COMPONENT = Component(
    name="dag-processor",
    settings=lambda values: values.dag_processor,
    objects=objects,
    runs=conditions.has_dag_processor,
    reads_dags=True,
    writes_logs=True,
    needs=(Need(DATABASE, "the parsed DAGs"), Need(ANYWHERE, "runs users' code")),
    keys=(Holds(FERNET),),
    options=(
        Option("scheduler", "standalone_dag_processor", "dagProcessor.enabled", lambda _, __: "True", _of_airflow_2),
    ),
    rules=rules,
)
