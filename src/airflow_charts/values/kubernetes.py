"""Values that users write as Kubernetes YAML, by the names of Kubernetes.

Each is typed as its Kubernetes model for the type checker, validated by Kubernetes' own schema
(`kubernetes.json`, made by `tools/kubernetes_definitions.py`) and passed on untouched.
"""

from __future__ import annotations

from typing import Annotated

from airflow_charts.k8s import apps_v1, core_v1, networking_v1
from airflow_charts.values.base import Kubernetes

Affinity = Annotated[core_v1.Affinity, Kubernetes("Affinity")]
Container = Annotated[core_v1.Container, Kubernetes("Container")]
DeploymentStrategy = Annotated[apps_v1.DeploymentStrategy, Kubernetes("DeploymentStrategy")]
EnvFromSource = Annotated[core_v1.EnvFromSource, Kubernetes("EnvFromSource")]
EnvVarSource = Annotated[core_v1.EnvVarSource, Kubernetes("EnvVarSource")]
HostAlias = Annotated[core_v1.HostAlias, Kubernetes("HostAlias")]
Lifecycle = Annotated[core_v1.Lifecycle, Kubernetes("Lifecycle")]
NetworkPolicyPeer = Annotated[networking_v1.NetworkPolicyPeer, Kubernetes("NetworkPolicyPeer")]
PodDNSConfig = Annotated[core_v1.PodDNSConfig, Kubernetes("PodDNSConfig")]
PodSecurityContext = Annotated[core_v1.PodSecurityContext, Kubernetes("PodSecurityContext")]
ResourceRequirements = Annotated[core_v1.ResourceRequirements, Kubernetes("ResourceRequirements")]
SecurityContext = Annotated[core_v1.SecurityContext, Kubernetes("SecurityContext")]
Toleration = Annotated[core_v1.Toleration, Kubernetes("Toleration")]
TopologySpreadConstraint = Annotated[core_v1.TopologySpreadConstraint, Kubernetes("TopologySpreadConstraint")]
Volume = Annotated[core_v1.Volume, Kubernetes("Volume", by="name")]
VolumeMount = Annotated[core_v1.VolumeMount, Kubernetes("VolumeMount", by="mountPath")]
