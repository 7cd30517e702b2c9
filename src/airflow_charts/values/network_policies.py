"""NetworkPolicies."""

from __future__ import annotations

from airflow_charts.values.base import Port, Section, no_items
from airflow_charts.values.kubernetes import NetworkPolicyPeer


class NetworkPolicies(Section):
    """NetworkPolicies: what the parts of the release need of each other, and nothing else."""

    enabled: bool = True
    """Whether there are NetworkPolicies."""
    task_egress: list[NetworkPolicyPeer] = no_items()
    """Where pods that run users' code may connect to. Empty: everywhere."""
    webserver_egress: list[NetworkPolicyPeer] = no_items()
    """Where the webserver may connect to beside its database and log servers, such as an identity provider."""
    kubernetes_api_port: Port = 6443
    """The port of the API server behind the Service `kubernetes` (policies see that one), beside 443."""
