"""Apache Airflow on Kubernetes as one typed Python function: called for manifests, traced into a Helm chart.

```python
from airflow_charts import Release, Values, manifests

objects = manifests(Values(executors=["KubernetesExecutor"]), Release("etl", "data"))
```
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from airflow_charts.call import manifests
    from airflow_charts.deployment import airflow
    from airflow_charts.release import Release
    from airflow_charts.values import Values

__version__ = "0.1.0"
__all__ = ["Release", "Values", "airflow", "manifests"]

_HOMES = {
    "Release": "airflow_charts.release",
    "Values": "airflow_charts.values",
    "airflow": "airflow_charts.deployment",
    "manifests": "airflow_charts.call",
}


def __getattr__(name: str) -> Any:
    """Imports the public names at their first use: the command line must not pay for what it does not need."""
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
