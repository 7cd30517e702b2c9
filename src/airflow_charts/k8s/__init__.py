"""Kubernetes' own models, and the only importer of lightkube.

Modules are named by API group and version; `PodSpec` is `core_v1.PodSpec`. Fields keep Kubernetes' camelCase and are
given by keyword.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType


@contextmanager
def _without_client() -> Iterator[None]:
    """Leaves the package lightkube empty while its models are imported.

    Importing it imports its HTTP client, a fifth of the run time of the command line. Whoever imports lightkube later
    gets all of it.
    """
    spec = importlib.util.find_spec("lightkube") if "lightkube" not in sys.modules else None
    if spec is None:
        yield
        return
    package = ModuleType("lightkube")
    package.__path__ = spec.submodule_search_locations or []
    sys.modules["lightkube"] = package
    try:
        yield
    finally:
        del sys.modules["lightkube"]


with _without_client():
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
