"""Copies of the cluster's objects that stay up to date, for the two small controllers."""

from __future__ import annotations

import threading
import time
from typing import Any

from lightkube import Client, KubeConfig
from lightkube.core.resource import NamespacedResource

from cluster.settings import KUBECONFIG

Key = tuple[str, str]
"""Namespace, or "", and name."""


def client() -> Client:
    """A client with the rights of the administrator."""
    return Client(config=KubeConfig.from_file(KUBECONFIG), field_manager="airflow-charts-test-cluster")


class Mirror:
    """All objects of a kind, by namespace and name; `changed` is set when one of them has changed."""

    def __init__(self, kind: Any, changed: threading.Event) -> None:
        self._kind = kind
        self._changed = changed
        self._objects: dict[Key, Any] = {}
        self._lock = threading.Lock()
        self._filled = threading.Event()
        threading.Thread(target=self._follow, daemon=True).start()

    def objects(self) -> list[Any]:
        """The objects as they were last seen."""
        self._filled.wait()
        with self._lock:
            return list(self._objects.values())

    def _follow(self) -> None:
        while True:
            try:
                self._list_and_watch()
            except Exception as error:  # noqa: BLE001 - the API server may go away and come back
                print(f"watching {self._kind.__name__}, once more in a second: {error}", flush=True)
                time.sleep(1)

    def _list_and_watch(self) -> None:
        kubernetes = client()
        everywhere = "*" if issubclass(self._kind, NamespacedResource) else None
        listed = kubernetes.list(self._kind, namespace=everywhere)
        objects = {_key(item): item for item in listed}
        with self._lock:
            self._objects = objects
        self._filled.set()
        self._changed.set()
        for event, item in kubernetes.watch(
            self._kind, namespace=everywhere, resource_version=listed.resourceVersion, server_timeout=300
        ):
            with self._lock:
                if event == "DELETED":
                    self._objects.pop(_key(item), None)
                else:
                    self._objects[_key(item)] = item
            self._changed.set()


def _key(item: Any) -> Key:
    return item.metadata.namespace or "", item.metadata.name
