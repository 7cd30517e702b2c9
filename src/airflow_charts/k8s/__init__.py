"""Kubernetes' own models, and the only importer of lightkube.

Modules are named by API group and version; `PodSpec` is `core_v1.PodSpec`. Fields keep Kubernetes' camelCase and are
given by keyword.
"""

from lightkube.models import (
    apps_v1,
    autoscaling_v2,
    batch_v1,
    core_v1,
    meta_v1,
    networking_v1,
    policy_v1,
    rbac_v1,
)

__all__ = [
    "apps_v1",
    "autoscaling_v2",
    "batch_v1",
    "core_v1",
    "meta_v1",
    "networking_v1",
    "policy_v1",
    "rbac_v1",
]
