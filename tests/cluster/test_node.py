"""The node's own programs are started anew while tasks run. It runs alone: other tests would notice.

Only the cluster of `make cluster` lets a test do that.
"""

from __future__ import annotations

import pytest
from cluster.processes import end
from deployment import OWN, SMALL, Deployment

from cluster import node

if not OWN:
    pytest.skip("the node is not ours", allow_module_level=True)
pytestmark = pytest.mark.usefixtures("namespaces")
airflow = Deployment("node", SMALL)


def test_everything_becomes_ready() -> None:
    airflow.start()


@pytest.mark.parametrize("programs", [["kubelet"], ["kubelet", "containerd"]], ids=" and ".join)
def test_pods_and_tasks_outlive_the_programs_of_the_node(programs: list[str]) -> None:
    before = airflow.workload_pods()
    run = airflow.start_dag("sleepers", tasks=8, seconds=20)
    for program in programs:
        end(program)
    node.up()
    tasks = airflow.succeeds("sleepers", run)
    assert {task["try_number"] for task in tasks} == {1}
    airflow.until_ready()
    assert airflow.replaced_since(before) == set()
    assert airflow.restarts() == {}
