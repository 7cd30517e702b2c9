"""The tests on a cluster: `make test-cluster` runs them, `pytest` alone does not.

Each file is a scenario with a namespace of its own. Its tests build on each other, in their order.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path[:0] = [str(Path(__file__).parents[2] / "tools"), str(Path(__file__).parent)]

if "CLUSTER_TESTS" not in os.environ:
    collect_ignore_glob = ["test_*.py"]

LONGEST = ("test_faults", "test_default", "test_celery", "test_worker_sets", "test_webservers", "test_task_pods")
SHOWN = 20_000
"""Characters of a report: all pods and events, and the end of what there is."""


@pytest.fixture(scope="module")
def namespaces(request: pytest.FixtureRequest) -> Iterator[None]:
    """Makes the namespaces of a file's deployments, and deletes them when its tests have run."""
    from deployment import Deployment

    found = [value for value in vars(request.module).values() if isinstance(value, Deployment)]
    for deployment in found:
        deployment.create_namespace()
    yield
    for deployment in found:
        deployment.forget_client()
        if "CLUSTER_KEEP" not in os.environ:
            deployment.delete_namespace()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Gives each test here the time that a cluster needs, and lets the longest scenarios begin first."""
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here) and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(600))
    items.sort(key=lambda item: LONGEST.index(item.path.stem) if item.path.stem in LONGEST else len(LONGEST))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: Any) -> Iterator[Any]:
    """Adds what the namespaces of a failed test look like."""
    report = yield
    if report.failed and item.path.is_relative_to(Path(__file__).parent):
        from deployment import Deployment

        module: Any = getattr(item, "module", None)
        for deployment in vars(module).values():
            if isinstance(deployment, Deployment):
                try:
                    text = deployment.report()
                except Exception as error:  # noqa: BLE001 - the failure itself must still be shown
                    text = f"no report of {deployment.namespace}: {error}"
                report.sections.append((f"The namespace {deployment.namespace}", text[:SHOWN]))
    return report
