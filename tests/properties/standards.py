"""The Pod Security Standards, profile restricted, to the letter: https://kubernetes.io/docs/concepts/security/pod-security-standards/."""

from __future__ import annotations

from collections.abc import Iterator

from rendered import Object

_CAPABILITIES = {"NET_BIND_SERVICE"}
_VOLUMES = {
    *("configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret"),
}
_SYSCTLS = {
    "kernel.shm_rmid_forced",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.tcp_syncookies",
    "net.ipv4.ping_group_range",
    "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.tcp_keepalive_time",
    "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes",
}
_SELINUX_TYPES = {"", "container_t", "container_init_t", "container_kvm_t", "container_engine_t"}
_APPARMOR = "container.apparmor.security.beta.kubernetes.io/"
_PROBES = ("startupProbe", "livenessProbe", "readinessProbe")


def violations(metadata: Object, spec: Object, containers: list[Object]) -> list[str]:
    """What of a pod the profile forbids; `containers` are all that count, init and ephemeral ones among them."""
    found = [*_pod(metadata, spec)]
    pod = spec.get("securityContext", {})
    for container in containers:
        context = container.get("securityContext", {})
        found += [f"{container['name']}: {text}" for text in [*_container(container, context), *_users(pod, context)]]
    return found


def _pod(metadata: Object, spec: Object) -> Iterator[str]:
    context = spec.get("securityContext", {})
    yield from (key for key in ("hostNetwork", "hostPID", "hostIPC") if spec.get(key))
    for volume in spec.get("volumes", []):
        yield from (f"volume of type {kind}" for kind in volume if kind != "name" and kind not in _VOLUMES)
    yield from (f"sysctl {item['name']}" for item in context.get("sysctls", []) if item["name"] not in _SYSCTLS)
    for key, value in metadata.get("annotations", {}).items():
        if key.startswith(_APPARMOR) and value != "runtime/default" and not value.startswith("localhost/"):
            yield f"AppArmor {value}"
    yield from _shared(context)


def _shared(context: Object) -> Iterator[str]:
    """What holds for the security context of a pod and of a container alike."""
    if context.get("windowsOptions", {}).get("hostProcess"):
        yield "hostProcess"
    if context.get("appArmorProfile", {}).get("type", "RuntimeDefault") not in ("RuntimeDefault", "Localhost"):
        yield "appArmorProfile"
    options = context.get("seLinuxOptions", {})
    if options.get("type", "") not in _SELINUX_TYPES or options.get("user") or options.get("role"):
        yield "seLinuxOptions"
    if context.get("seccompProfile", {}).get("type", "RuntimeDefault") not in ("RuntimeDefault", "Localhost"):
        yield "seccompProfile"
    if context.get("runAsNonRoot") is False:
        yield "runAsNonRoot: false"
    if context.get("runAsUser") == 0:
        yield "runAsUser: 0"


def _container(container: Object, context: Object) -> Iterator[str]:
    yield from _shared(context)
    if context.get("privileged"):
        yield "privileged"
    if context.get("allowPrivilegeEscalation") is not False:
        yield "allowPrivilegeEscalation is not false"
    capabilities = context.get("capabilities", {})
    if "ALL" not in capabilities.get("drop", []):
        yield "capabilities are not dropped"
    if set(capabilities.get("add", [])) - _CAPABILITIES:
        yield "capabilities are added"
    if context.get("procMount", "Default") != "Default":
        yield "procMount"
    yield from ("hostPort" for port in container.get("ports", []) if port.get("hostPort"))
    hooks = [container.get("lifecycle", {}).get(hook, {}) for hook in ("postStart", "preStop")]
    for action in [*hooks, *(container.get(probe, {}) for probe in _PROBES)]:
        yield from (f"host of {kind}" for kind in ("httpGet", "tcpSocket") if action.get(kind, {}).get("host"))


def _users(pod: Object, context: Object) -> Iterator[str]:
    """What a container may leave to its pod."""
    if not context.get("runAsNonRoot", pod.get("runAsNonRoot")):
        yield "runAsNonRoot is not true"
    if "type" not in {**pod.get("seccompProfile", {}), **context.get("seccompProfile", {})}:
        yield "no seccompProfile"
