"""ServiceAccounts, and Roles with the verbs that a component uses and no others."""

from __future__ import annotations

from airflow_charts.k8s import core_v1, rbac_v1
from airflow_charts.parts.names import metadata, name_of
from airflow_charts.release import Release
from airflow_charts.tracing import filled, negate, when
from airflow_charts.values import Values
from airflow_charts.values.pod import ComponentSettings


def manage_pods(values: Values, release: Release) -> list[rbac_v1.PolicyRule]:
    """What starts and watches pods for tasks."""
    del values, release
    return [
        rbac_v1.PolicyRule(
            apiGroups=[""], resources=["pods"], verbs=["create", "get", "list", "watch", "patch", "delete"]
        ),
        rbac_v1.PolicyRule(apiGroups=[""], resources=["pods/log"], verbs=["get"]),
        rbac_v1.PolicyRule(apiGroups=[""], resources=["events"], verbs=["list"]),
    ]


def read_logs(values: Values, release: Release) -> list[rbac_v1.PolicyRule]:
    """What reads the logs of pods."""
    del values, release
    return [
        rbac_v1.PolicyRule(apiGroups=[""], resources=["pods"], verbs=["get", "list"]),
        rbac_v1.PolicyRule(apiGroups=[""], resources=["pods/log"], verbs=["get"]),
    ]


def account_name(values: Values, release: Release, settings: ComponentSettings, component: str) -> str:
    """The ServiceAccount of a component: an existing one, or its own."""
    return when(
        filled(settings.service_account.name),
        f"{settings.service_account.name}",
        name_of(values, release, component),
    )


def service_account(
    values: Values, release: Release, settings: ComponentSettings, component: str
) -> core_v1.ServiceAccount:
    """The ServiceAccount of a component, unless it uses an existing one."""
    return when(
        negate(filled(settings.service_account.name)),
        lambda: core_v1.ServiceAccount(
            metadata=metadata(
                values,
                release,
                name_of(values, release, component),
                component,
                annotations=settings.service_account.annotations,
            ),
            automountServiceAccountToken=False,
        ),
    )


def role(
    values: Values, release: Release, settings: ComponentSettings, component: str, rules: list[rbac_v1.PolicyRule]
) -> list[object]:
    """The Role of a component and its RoleBinding."""
    name = name_of(values, release, component)
    return [
        rbac_v1.Role(metadata=metadata(values, release, name, component), rules=rules),
        rbac_v1.RoleBinding(
            metadata=metadata(values, release, name, component),
            roleRef=rbac_v1.RoleRef(apiGroup="rbac.authorization.k8s.io", kind="Role", name=name),
            subjects=[
                rbac_v1.Subject(
                    kind="ServiceAccount",
                    name=account_name(values, release, settings, component),
                    namespace=release.namespace,
                )
            ],
        ),
    ]
