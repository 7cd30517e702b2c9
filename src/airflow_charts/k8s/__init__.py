"""Kubernetes' own models, and the only importer of lightkube.

Modules are named by API group and version; `PodSpec` is `core_v1.PodSpec`. Fields keep Kubernetes' camelCase and are
given by keyword.
"""

from __future__ import annotations

import importlib.util
import sys
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
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
else:
    # Importing lightkube imports its HTTP client, a fifth of the run time of the command line, so the package is
    # left empty while its models are imported. Whoever imports lightkube later gets all of it.
    known = sys.modules.get("lightkube")
    if known is None:
        package = ModuleType("lightkube")
        package.__path__ = importlib.util.find_spec("lightkube").submodule_search_locations
        sys.modules["lightkube"] = package
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

    if known is None:
        del sys.modules["lightkube"]

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
