"""Faults that somebody could make: a text of the source, and what stands in its place in the faulty chart.

The first are those with which a review found that the chart may be wrong without any test noticing. A text stands once
in the whole source, wherever its file may be; where one is gone, say here how the same fault would be made now.
"""

from __future__ import annotations

from typing import NamedTuple


class Mutant(NamedTuple):
    """One fault."""

    name: str
    before: str
    after: str


OF_THE_REVIEW = (
    Mutant(
        "api-server believes no forwarded headers",
        '["airflow", "api-server", when(values.webserver.ingress.enabled, "--proxy-headers")]',
        '["airflow", "api-server"]',
    ),
    Mutant("visibility_timeout misspelt", '            "visibility_timeout",', '            "visibility_time_out",'),
    Mutant(
        "FAB ignores the proxy",
        '"fab", "enable_proxy_fix", "webserver.ingress", _true',
        '"fab", "enable_proxy_fix", "webserver.ingress", lambda _, __: "False"',
    ),
    Mutant(
        "logs fetched by the pod's name",
        'lambda _, __: "airflow.utils.net.get_host_ip_address"',
        'lambda _, __: "socket.gethostname"',
    ),
    Mutant("capacity misspelt", '"triggerer", "capacity"', '"triggerer", "capacitiy"'),
    Mutant(
        "pods of tasks stay where they should go",
        'when(values.kubernetes_executor.delete_pods, "True", "False")',
        'when(values.kubernetes_executor.delete_pods, "False", "True")',
    ),
    Mutant("flower_url_prefix misspelt", '"celery", "flower_url_prefix"', '"celery", "flower_prefix"'),
    Mutant("a roll-out takes the last pod first", "maxSurge=1, maxUnavailable=0", "maxSurge=0, maxUnavailable=1"),
    Mutant("a Job gives up", "_RETRIES = 100000", "_RETRIES = 1"),
    Mutant("--queues misspelt", '["--queues", join(', '["--queue", join('),
    Mutant("a heartbeat may be one second old", '"check_job.py", kind, "90"', '"check_job.py", kind, "1"'),
    Mutant(
        "who starts pods may only look at them",
        'verbs=["create", "get", "list", "watch", "patch", "delete"]',
        'verbs=["get"]',
    ),
    Mutant("no TLS to the broker", "{script} {broker.scheme} ", "{script} redis "),
    Mutant("a Service says that it speaks TLS", 'appProtocol="http"', 'appProtocol="https"'),
    Mutant("every claim is for one node", "access_mode=persistence.access_mode", 'access_mode="ReadWriteOnce"'),
    Mutant(
        "the image waits for its database",
        'name="CONNECTION_CHECK_MAX_COUNT", value="0"',
        'name="CONNECTION_CHECK_MAX_COUNT", value="20"',
    ),
    Mutant(
        "the scheduler cannot start pods",
        '        Need(KUBERNETES_API, "starts and watches task pods", conditions.kubernetes),\n',
        "",
    ),
    Mutant(
        "no logs of deferred tasks",
        '        Need(other("triggerer"), "the logs of deferred tasks"),\n',
        "",
    ),
    Mutant(
        "the scheduler cannot sign tokens",
        'Holds(JWT, conditions.airflow_3)),\n    options=(\n        Option(\n            "scheduler"',
        '),\n    options=(\n        Option(\n            "scheduler"',
    ),
    Mutant("users may set hostname_callable", 'Option("core", "hostname_callable"', 'Option("core", "another"'),
    Mutant("users may write the JWT secret", 'Option("api_auth", "jwt_secret"', 'Option("api_auth", "another"'),
    Mutant(
        "users may set delete_worker_pods",
        '"kubernetes_executor", "delete_worker_pods"',
        '"kubernetes_executor", "another"',
    ),
)

FURTHER = (
    Mutant("egress is not filtered", 'policyTypes=["Ingress", "Egress"]', 'policyTypes=["Ingress"]'),
    Mutant("ingress is not filtered", 'policyTypes=["Ingress", "Egress"]', 'policyTypes=["Egress"]'),
    Mutant(
        "no names over TCP",
        '            networking_v1.NetworkPolicyPort(port=53, protocol="TCP"),\n',
        "",
    ),
    Mutant("workers' logs on another port", 'Port("logs", 8793', 'Port("logs", 8792'),
    Mutant(
        "workers of Airflow 3 open the database",
        '"tasks of Airflow 2 use the database", conditions.airflow_2),\n        Need(RESULTS',
        '"tasks of Airflow 2 use the database"),\n        Need(RESULTS',
    ),
    Mutant(
        "workers of Airflow 3 know the Fernet key",
        "Holds(FERNET, conditions.airflow_2), Holds(API_SECRET)),",
        "Holds(FERNET), Holds(API_SECRET)), ",
    ),
    Mutant("a DAG processor without the Fernet key", "    keys=(Holds(FERNET),),\n    options", "    options"),
    Mutant("the API's key under its old name", '"AIRFLOW__API__SECRET_KEY", "AIR', '"AIRFLOW__API_SECRET_KEY", "AIR'),
    Mutant("pods read every Service", "enableServiceLinks=False", "enableServiceLinks=True"),
    Mutant(
        "every pod has a token",
        "automountServiceAccountToken=component.uses(values, KUBERNETES_API)",
        "automountServiceAccountToken=True",
    ),
    Mutant("a root that can be written", "readOnlyRootFilesystem=True", "readOnlyRootFilesystem=False"),
    Mutant("pods may be root", "        runAsNonRoot=True,\n        runAsUser=50000", "        runAsUser=50000"),
    Mutant(
        "nothing waits for the schema",
        "                _waits(values, component),\n                lambda: wait",
        "                False,\n                lambda: wait",
    ),
    Mutant(
        "the webserver waits for no user", "waits_for_user=conditions.has_admin_user(values)", "waits_for_user=False"
    ),
    Mutant(
        "data stores stop at once",
        '{"preStop": {"sleep": {"seconds": 10}}}',
        '{"preStop": {"sleep": {"seconds": 0}}}',
    ),
    Mutant("tasks are killed with their worker", '"DUMB_INIT_SETSID", value="0"', '"DUMB_INIT_SETSID", value="1"'),
    Mutant("Flower is asked behind its login", "}/healthcheck", "}/health"),
    Mutant("the execution API starts cold", "{path}/execution/health", "{path}/api/v2/version"),
    Mutant("a triggerer that is never alive", '"TriggererJob"', '"TriggerJob"'),
    Mutant("a claim goes with the release", '{"helm.sh/resource-policy": "keep"}', "{}"),
    Mutant("a failed Job is left", 'restartPolicy="OnFailure"', 'restartPolicy="Never"'),
    Mutant(
        "the template of tasks is not mounted", 'config_map_files(name_of(values, release, "pod-template"))', "OMIT"
    ),
    Mutant("the queue is lost with its pod", 'enabled, "yes", "no")', 'enabled, "no", "yes")'),
    Mutant(
        "any header is believed from nobody",
        'name="FORWARDED_ALLOW_IPS", value="*"',
        'name="FORWARDED_ALLOW_IPS", value=""',
    ),
    Mutant(
        "a Role for another account",
        "account_name(values, release, settings, component),\n                    namespace",
        "name,\n                    namespace",
    ),
    Mutant(
        "Secrets of others can be read",
        'resources=["secrets"], resourceNames=[generated], verbs',
        'resources=["secrets"], verbs',
    ),
    Mutant("a percent sign breaks airflow.cfg", "replace(text, '%', '%%')", "replace(text, '%', '%')"),
    Mutant(
        "a plugin folder that is not mounted",
        "lambda _, release: release.path(PLUGINS)",
        "lambda _, release: release.path(CONFIG)",
    ),
    Mutant("a password in a ConfigMap", '    ("smtp", "smtp_password"),\n', ""),
    Mutant(
        "DAG files can be written",
        "                readOnly=True,\n                subPath=given(values.dags",
        "                subPath=given(values.dags",
    ),
    Mutant(
        "task pods have no DAG files",
        "    ends=True,\n    reads_dags=True,\n",
        "    ends=True,\n",
    ),
    Mutant(
        "Secrets that users add are not read",
        "securityContext=pod.security_context, envFrom=pod.env_from)",
        "securityContext=pod.security_context)",
    ),
    Mutant(
        "a component's own volumes are lost",
        "volumes=[*around.volumes, *user_volumes(pod)]",
        "volumes=around.volumes",
    ),
    Mutant("logs beside their folder", "subPath=given(values.logs.persistence.sub_path, same)", "subPath=OMIT"),
    Mutant(
        "a scheduler that parses files imports nothing first",
        "any_of(local(values), all_of(airflow_2(values), negate(has_dag_processor(values))))",
        "local(values)",
    ),
    Mutant("DAGs in the usual folder only", "mountPath=values.dags.path", 'mountPath="/opt/airflow/dags"'),
    Mutant(
        "a pull policy for all or none",
        "first_of(settings.image.pull_policy, image.pull_policy)",
        "image.pull_policy",
    ),
    Mutant(
        "Airflow 2 without FAB",
        'any_of(values.auth_manager == "fab", airflow_2(values))',
        'values.auth_manager == "fab"',
    ),
    Mutant(
        "no workers for CeleryKubernetesExecutor",
        'contains(values.executors, "CeleryExecutor"), contains(values.executors, "CeleryKubernetesExecutor")',
        'contains(values.executors, "CeleryExecutor")',
    ),
    Mutant(
        "no logs of LocalKubernetesExecutor",
        'contains(values.executors, "LocalExecutor"), contains(values.executors, "LocalKubernetesExecutor")',
        'contains(values.executors, "LocalExecutor")',
    ),
    Mutant(
        "no task pods for CeleryKubernetesExecutor",
        '        contains(values.executors, "CeleryKubernetesExecutor"),\n        contains(values.executors, "LocalK',
        '        contains(values.executors, "LocalK',
    ),
    Mutant(
        "changed plugins restart nothing",
        '        "checksum/plugins": when(filled(values.plugins), lambda: digest(plugins_data(values), 16)),\n',
        "",
    ),
    Mutant("changed settings restart nothing", '{values.airflow_local_settings}", 16)', '", 16)'),
    Mutant(
        "containers without resources",
        "            resources=settings.resources,\n        ),\n        container_fields(pod),\n    )",
        "        ),\n        container_fields(pod),\n    )",
    ),
    Mutant(
        "Airflow 3 without a DAG processor",
        "all_of(conditions.airflow_3(values), negate(values.dag_processor.enabled))",
        "conditions.never(values)",
    ),
    Mutant(
        "all pods win over a component",
        "return overlaid(base, settings.pod, Pod)",
        "return overlaid(settings.pod, base, Pod)",
    ),
    Mutant("images are pulled without a login", "                imagePullSecrets=pull_secrets(values),\n", ""),
    Mutant(
        "a worker is killed with its tasks",
        "termination_grace_period_seconds: Seconds = 600",
        "termination_grace_period_seconds: Seconds = 60",
    ),
    Mutant("two sets of workers select the same pods", '{"airflow/set": set_name}', "{}"),
    Mutant(
        "a changed airflow.cfg restarts nothing",
        '"checksum/config": text_digest(f"{airflow_cfg(values, release)}',
        '"checksum/config": text_digest(f"',
    ),
    Mutant(
        "an Ingress leads to another port",
        'networking_v1.ServiceBackendPort(name="http")',
        'networking_v1.ServiceBackendPort(name="web")',
    ),
    Mutant("celery's role is the database's", "db+postgresql {results.user} ", "db+postgresql {values.database.user} "),
)
"""The same kinds of faults, one each."""

MUTANTS = (*OF_THE_REVIEW, *FURTHER)
