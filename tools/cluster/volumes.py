"""The volume provisioner: a folder of this machine for each claim of the StorageClass `folders`.

It makes volumes of the type `local`, because the kubelet gives those to a pod's `fsGroup`, as it does a cloud's disks.
On one node every access mode is possible, ReadWriteMany too.
"""

from __future__ import annotations

import shutil
import threading
from pathlib import Path

from lightkube.models import core_v1, meta_v1
from lightkube.resources.core_v1 import PersistentVolume, PersistentVolumeClaim

from cluster.settings import NODE, STATE
from cluster.watching import Mirror, client

CLASS = "folders"
FOLDER = STATE / "volumes"
_SELECTED_NODE = "volume.kubernetes.io/selected-node"
"""The scheduler's annotation for a claim whose StorageClass waits for the first consumer."""


def volume(claim: PersistentVolumeClaim) -> PersistentVolume:
    """The volume for a claim."""
    metadata, spec = claim.metadata, claim.spec
    assert metadata is not None
    assert spec is not None
    assert spec.resources is not None
    name = f"pvc-{metadata.uid}"
    return PersistentVolume(
        metadata=meta_v1.ObjectMeta(name=name, labels={"provisioner": CLASS}),
        spec=core_v1.PersistentVolumeSpec(
            accessModes=spec.accessModes,
            capacity={"storage": (spec.resources.requests or {})["storage"]},
            claimRef=core_v1.ObjectReference(
                apiVersion="v1",
                kind="PersistentVolumeClaim",
                namespace=metadata.namespace,
                name=metadata.name,
                uid=metadata.uid,
            ),
            local=core_v1.LocalVolumeSource(path=str(FOLDER / name)),
            nodeAffinity=core_v1.VolumeNodeAffinity(
                required=core_v1.NodeSelector(
                    nodeSelectorTerms=[
                        core_v1.NodeSelectorTerm(
                            matchExpressions=[
                                core_v1.NodeSelectorRequirement(
                                    key="kubernetes.io/hostname", operator="In", values=[NODE]
                                )
                            ]
                        )
                    ]
                )
            ),
            persistentVolumeReclaimPolicy="Delete",
            storageClassName=CLASS,
        ),
    )


def _provision(claims: list[PersistentVolumeClaim], existing: set[str]) -> None:
    kubernetes = client()
    for claim in claims:
        assert claim.metadata is not None
        assert claim.spec is not None
        if claim.spec.storageClassName != CLASS or claim.spec.volumeName or claim.metadata.deletionTimestamp:
            continue
        if _SELECTED_NODE not in (claim.metadata.annotations or {}):  # no pod wants it yet
            continue
        if f"pvc-{claim.metadata.uid}" in existing:
            continue
        folder = Path(FOLDER / f"pvc-{claim.metadata.uid}")
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o777)
        kubernetes.create(volume(claim))


def _reclaim(volumes: list[PersistentVolume]) -> None:
    for item in volumes:
        assert item.metadata is not None
        assert item.metadata.name is not None
        released = item.status is not None and item.status.phase == "Released"
        if released and (item.metadata.labels or {}).get("provisioner") == CLASS:
            shutil.rmtree(FOLDER / item.metadata.name, ignore_errors=True)
            client().delete(PersistentVolume, item.metadata.name)


def main() -> None:
    """Runs until it is ended."""
    changed = threading.Event()
    claims, volumes = Mirror(PersistentVolumeClaim, changed), Mirror(PersistentVolume, changed)
    while True:
        changed.wait()
        changed.clear()
        try:
            known = volumes.objects()
            _provision(claims.objects(), {item.metadata.name for item in known})
            _reclaim(known)
        except Exception as error:  # noqa: BLE001 - what failed is tried again
            print(f"once more in two seconds: {error}", flush=True)
            changed.wait(2)
            changed.set()


if __name__ == "__main__":
    main()
