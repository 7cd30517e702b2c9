"""Settings of a component that serves HTTP."""

from __future__ import annotations

from typing import Literal

from airflow_charts.values.base import Annotations, HostPattern, ObjectName, Port, Section, UrlPath, empty, no_items
from airflow_charts.values.kubernetes import NetworkPolicyPeer
from airflow_charts.values.pod import ServingSettings


class Ingress(Section):
    """An Ingress for a component that serves HTTP."""

    enabled: bool = False
    """Whether there is an Ingress."""
    class_name: ObjectName = ""
    """The IngressClass. Empty: the cluster's default."""
    hosts: list[HostPattern] = no_items()
    """The host names. Empty: every host."""
    path_type: Literal["Prefix", "Exact", "ImplementationSpecific"] = "Prefix"
    """How the path is matched; the path itself is the component's `path`."""
    tls_secret: ObjectName = ""
    """The Secret with the certificate of the hosts. Empty: no TLS at the Ingress."""
    annotations: Annotations = empty()
    """Annotations of the Ingress, such as those of cert-manager."""


class Service(Section):
    """A Service."""

    type: Literal["ClusterIP", "NodePort", "LoadBalancer"] = "ClusterIP"
    """The type of the Service."""
    port: Port = 8080
    """The port of the Service."""
    annotations: Annotations = empty()
    """Annotations of the Service."""


class HttpSettings(ServingSettings):
    """Settings of a component that serves HTTP."""

    path: UrlPath = ""
    """The sub-path under which it is served, such as `/airflow`; honoured by links, probes and the Ingress."""
    service: Service = Service()
    """The Service in front of the pods."""
    ingress: Ingress = Ingress()
    """The Ingress in front of the Service."""
    ingress_peers: list[NetworkPolicyPeer] = no_items()
    """Who may reach it from outside of the release. Empty: everybody."""
