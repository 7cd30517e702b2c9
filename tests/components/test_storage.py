"""The claims for DAGs and logs."""

from __future__ import annotations

import pytest
from deployed import objects

on_both = pytest.mark.parametrize("what", ["dags", "logs"])


@on_both
def test_a_claim_is_shared_by_many_nodes_unless_the_users_say_otherwise(what: str) -> None:
    [shared] = objects("PersistentVolumeClaim", what, **{what: {"persistence": {"enabled": True}}})
    [own] = objects(
        "PersistentVolumeClaim", what, **{what: {"persistence": {"enabled": True, "accessMode": "ReadWriteOnce"}}}
    )
    assert shared["spec"]["accessModes"] == ["ReadWriteMany"]
    assert own["spec"]["accessModes"] == ["ReadWriteOnce"]


@on_both
def test_a_claim_has_its_size_and_class_and_outlives_the_release(what: str) -> None:
    settings = {"enabled": True, "size": "7Gi", "storageClass": "fast", "annotations": {"a": "b"}}
    [claim] = objects("PersistentVolumeClaim", what, **{what: {"persistence": settings}})
    assert claim["metadata"]["name"] == f"etl-airflow-{what}"
    assert claim["metadata"]["annotations"] == {"helm.sh/resource-policy": "keep", "a": "b"}
    assert claim["spec"]["resources"] == {"requests": {"storage": "7Gi"}}
    assert claim["spec"]["storageClassName"] == "fast"


@on_both
def test_the_class_of_all_charts_holds_where_a_claim_has_none(what: str) -> None:
    persistence = {what: {"persistence": {"enabled": True}}}
    [default] = objects("PersistentVolumeClaim", what, **persistence)
    [shared] = objects("PersistentVolumeClaim", what, **persistence, **{"global": {"storageClass": "all"}})
    assert "storageClassName" not in default["spec"]
    assert shared["spec"]["storageClassName"] == "all"


@on_both
def test_an_existing_claim_or_none_makes_none(what: str) -> None:
    assert objects("PersistentVolumeClaim", what) == []
    settings = {"enabled": True, "existingClaim": "mine"}
    assert objects("PersistentVolumeClaim", what, **{what: {"persistence": settings}}) == []
