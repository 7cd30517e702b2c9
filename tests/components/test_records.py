"""What is wrong with the record of a component is said when the chart is built."""

from __future__ import annotations

from dataclasses import replace

import pytest

from airflow_charts.components import flower, postgresql, scheduler, webserver
from airflow_charts.deployment import COMPONENTS
from airflow_charts.errors import ChartError
from airflow_charts.parts.component import Component, Need, components, declare, other

FAULTS = {
    "two components have one name": replace(flower.COMPONENT, name="webserver"),
    "two components have one path": replace(flower.COMPONENT, section="webserver"),
    "two components have one main_container": replace(flower.COMPONENT, container="webserver"),
    "flower needs flour, which is no component with such a port": replace(
        flower.COMPONENT, needs=(Need(other("flour"), "bread"),)
    ),
    "flower has verbs": replace(flower.COMPONENT, verbs=scheduler.COMPONENT.verbs),
    "webserver has verbs": replace(webserver.COMPONENT, verbs=None),
    "flower needs webserver, which is no component with such a port": replace(
        flower.COMPONENT, needs=(Need(other("webserver", "metrics"), "metrics"),)
    ),
    "postgresql provides a service at a port": replace(postgresql.COMPONENT, serves=()),
}


@pytest.mark.parametrize(("message", "fault"), FAULTS.items(), ids=FAULTS)
def test_a_record_that_contradicts_another_is_refused(message: str, fault: Component) -> None:
    others = [component for component in COMPONENTS if component.objects is not fault.objects]
    with pytest.raises(ChartError, match=message):
        declare(*others, fault)
    assert components() == COMPONENTS


IRREGULAR = {
    "worker": ("workers", "workers", "worker"),
    "task": ("kubernetesExecutor", "kubernetes_executor", "base"),
}
"""Path, file and main container of components whose section has another name: the plural, the executor's own."""


@pytest.mark.parametrize("component", COMPONENTS, ids=lambda component: component.name)
def test_spellings_follow_from_the_name(component: Component) -> None:
    file = component.name.replace("-", "_")
    words = component.name.split("-")
    usual = (words[0] + "".join(map(str.capitalize, words[1:])), file, component.name)
    assert (component.path, component.file, component.main_container) == IRREGULAR.get(component.name, usual)
