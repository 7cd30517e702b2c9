"""The webserver: UI, REST API and, on Airflow 3, the execution API (`airflow api-server`)."""

from __future__ import annotations

from airflow_charts.k8s import core_v1
from airflow_charts.parts.http import http_service, ingress
from airflow_charts.parts.names import name_of
from airflow_charts.parts.pod import http_check, probed, secret_files
from airflow_charts.processes import topology
from airflow_charts.processes.airflow_pod import Program, replicated_airflow
from airflow_charts.processes.config import checksums, webserver_config_data
from airflow_charts.release import Release
from airflow_charts.tracing import all_of, digest, filled, negate, when
from airflow_charts.values import Values, conditions


def program(values: Values, release: Release) -> Program:
    """What the webserver runs. Its start-up probe warms the execution API, whose first request takes seconds."""
    path, new = values.webserver.path, conditions.airflow_3(values)
    users = conditions.fab(values)
    existing = values.webserver.config_secret
    own = all_of(users, negate(filled(existing)))
    return Program(
        component="webserver",
        args=when(
            new,
            lambda: ["airflow", "api-server", when(values.webserver.ingress.enabled, "--proxy-headers")],
            lambda: ["airflow", "webserver", "--pid", f"{release.path('/tmp')}/airflow-webserver.pid"],  # noqa: S108
        ),
        env=[
            when(
                all_of(new, values.webserver.ingress.enabled),
                # The Ingress controller's address is not known; it alone says which scheme and host the browser used.
                core_v1.EnvVar(name="FORWARDED_ALLOW_IPS", value="*"),
            )
        ],
        ports=[core_v1.ContainerPort(name="http", containerPort=release.port(topology.API_PORT), protocol="TCP")],
        startup=probed(
            values.webserver.startup_probe, http_check(when(new, f"{path}/execution/health", f"{path}/health"), "http")
        ),
        liveness=probed(
            values.webserver.liveness_probe,
            http_check(when(new, f"{path}/api/v2/version", f"{path}/api/v1/version"), "http"),
        ),
        readiness=probed(
            values.webserver.readiness_probe,
            http_check(when(new, f"{path}/api/v2/monitor/health", f"{path}/health"), "http"),
        ),
        reads_logs=True,
        config_sources=[
            when(own, lambda: secret_files(name_of(values, release, "webserver-config"))),
            when(all_of(users, filled(existing)), lambda: secret_files(existing)),
        ],
        checksums={
            **checksums(values, release),
            "checksum/webserver-config": when(own, lambda: digest(webserver_config_data(values), 16)),
        },
    )


def objects(values: Values, release: Release) -> list[object]:
    """The webserver's objects."""
    return [
        *replicated_airflow(values, release, values.webserver, program(values, release)),
        http_service(values, release, values.webserver, "webserver", topology.API_PORT),
        ingress(values, release, values.webserver, "webserver"),
    ]
