"""The containers of a deployment by one name each, and what stands in their environment."""

from __future__ import annotations

from documents import Case
from rendered import Object, pods


def containers(case: Case) -> dict[str, Object]:
    """Every container: under its component if it runs the component, else under `component/container`."""
    found = {}
    for pod in pods(case):
        for container in pod.containers:
            own = container is pod.main
            found[pod.component if own else f"{pod.component}/{container['name']}"] = container
    return found


def command(container: Object) -> str:
    """What a container runs, as one line; the image's own entrypoint stands before it where `command` is missing."""
    return " ".join([*container.get("command", []), *container.get("args", [])])


def secrets(container: Object) -> dict[str, str]:
    """The variables that are read from Secrets: name of the variable -> Secret and key."""
    sources = {variable["name"]: variable.get("valueFrom", {}) for variable in container.get("env", [])}
    return {
        name: f"{source['secretKeyRef']['name']}/{source['secretKeyRef']['key']}"
        for name, source in sources.items()
        if source
    }


def plain(container: Object) -> dict[str, str]:
    """The variables whose text stands in the manifest."""
    return {variable["name"]: variable["value"] for variable in container.get("env", []) if "value" in variable}
