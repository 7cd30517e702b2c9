"""A covering set: few documents in which every decision of the recorded tree goes both ways.

Candidates are the examples with one value changed at a time, in order; one is kept when a decision goes a way that it
has not gone before. What no candidate reaches fails the build.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from harness import ROOT, roots
from refused import REFUSED
from strategies import Path, assign, bases, paths, resolve, schema_at

from airflow_charts import deployment
from airflow_charts.checks import load, structural_problems
from airflow_charts.derived.pod_rules import owned_variables
from airflow_charts.derived.rules import SENSITIVE_OPTIONS, owned_options
from airflow_charts.helm.chart import traced
from airflow_charts.reading.goyaml import parse
from airflow_charts.release import Release
from airflow_charts.tracing.interpret import Interpreter
from airflow_charts.tracing.nodes import (
    Apply,
    Call,
    Each,
    Item,
    Lines,
    Sequence,
    Tree,
    When,
    children,
    fragments_of,
    walk,
)
from airflow_charts.tracing.table import ALL_OF, FILLED
from airflow_charts.values import Values
from airflow_charts.values.pod import ReplicatedSettings

TEXTS = (
    "",
    "text",
    "2.11.2",
    "3.0.0",
    "1Gi",
    "/a/b",
    "https://a.example.com",
    "a.example.com",
    "sha256:" + "0" * 64,
    "registry/x",
    "CeleryExecutor",
    "LocalExecutor",
    "KubernetesExecutor",
    "a@b.c",
    "a=b&c=d",
    "a.py",
    "simple",
    "my.Manager",
)

COMBINED = """
executors: [LocalExecutor, KubernetesExecutor]
webserver: {configSecret: users}
---
executors: [LocalKubernetesExecutor]
airflowVersion: 2.11.0
dagProcessor: {enabled: false}
triggerer: {enabled: false}
kubernetesExecutor: {deletePods: false}
webserver: {path: /a}
---
config: {core: {}, custom: {}, workers: {}, logging: {}}
plugins: {}
networkPolicies: {enabled: false}
---
postgresql: {enabled: true, persistence: {enabled: false}}
redis: {persistence: {enabled: false}}
executors: [CeleryExecutor]
database: {password: {existingSecret: a}}
migrations: {enabled: false}
---
adminUser: {password: {existingSecret: admin}}
webserver: {externalUrl: "https://a.example.com"}
---
postgresql: {persistence: {existingClaim: old}}
redis: {persistence: {existingClaim: old}}
logs: {persistence: {enabled: true, existingClaim: old}, cleaner: {enabled: false}}
dags: {persistence: {enabled: true, existingClaim: old}}
---
database: {host: db.example.com}
resultBackend: {host: db.example.com}
postgresql: {enabled: false}
broker: {host: redis.example.com, user: me}
redis: {enabled: false}
flower: {enabled: true}
---
airflowVersion: 2.11.2
executors: [KubernetesExecutor]
---
resultBackend: {uri: {existingSecret: results}}
broker: {uri: {existingSecret: broker}}
redis: {enabled: false}
flower: {enabled: true}
---
fullnameOverride: a-name-that-is-much-longer-than-thirty-six-characters
flower: {enabled: true, replicas: 2, ingress: {enabled: true, hosts: [a.example.com]}}
---
redis: {enabled: false}
executors: [LocalExecutor]
secrets: {generate: false, fernetKey: {value: a}, apiSecretKey: {value: a}, jwtSecret: {value: a}}
database: {password: {value: a}}
adminUser: {enabled: false}
---
webserver: {ingress: {enabled: true, tlsSecret: tls}}
flower: {enabled: true, ingress: {enabled: true, tlsSecret: tls, hosts: [a.b]}}
---
airflowPods: {containers: [{name: base}], initContainers: [{name: x}], initContainersFirst: [{name: x}]}
---
airflowPods: {containers: [{name: webserver}], volumeMounts: {/data: {name: a}, /b: {name: a}}}
---
scheduler: {pod: {env: {PLAIN: text}, volumes: {x: {emptyDir: {}}}, nodeSelector: {a: b}}}
"""


def combined() -> list[dict[str, Any]]:
    return [parse(text).data for text in COMBINED.split("---\n")]


def about_rules() -> list[dict[str, Any]]:
    """Documents that break each kind of rule everywhere at once, and almost do."""
    sections = {*owned_options(), *(section for section, _ in SENSITIVE_OPTIONS), "core", "api", "webserver", "fab"}
    owned = {section: dict.fromkeys(owned_options().get(section, {}), "x") for section in sections}
    for section, option in SENSITIVE_OPTIONS:
        owned[section] = {**owned[section], option: "x"}
    credentials = [("secrets", "fernetKey"), ("secrets", "apiSecretKey"), ("secrets", "jwtSecret")]
    credentials += [(section, "password") for section in ("database", "resultBackend", "broker", "adminUser")]
    credentials += [("flower", "basicAuth")]
    both: dict[str, Any] = {}
    values: dict[str, Any] = {}
    for section, name in credentials:
        assign(both, (section, name), {"existingSecret": "a", "value": "b"})
        assign(values, (section, name), {"value": "b"})
    assign(values, ("flower", "enabled"), True)
    shared = {
        "labels": {"a": "b"},
        "annotations": {"a": "b"},
        "workloadAnnotations": {"a": "b"},
        "nodeSelector": {"a": "b"},
    }
    lists = {
        "initContainersFirst": [{"name": "x"}],
        "initContainers": [{"name": "y"}],
        "containers": [{"name": "z"}],
    }
    more = {**lists, "volumes": {"x": {"emptyDir": {}}}, "volumeMounts": {"/x": {"name": "x"}}, "env": {"A": "b"}}
    other = {name: [{"name": f"o{number}"}] for number, name in enumerate(lists)}
    existing = parse((ROOT / "examples/existing-secrets.yaml").read_text()).data
    defaults = load({}).config
    return [
        {"config": owned},
        {"config": {section: {} for section in sections}},
        {"config": {section: {"other": "text", "flag": True} for section in sections}},
        {"airflowPods": {"env": {owned_name.name: "x" for owned_name in owned_variables()}}},
        both,
        values,
        {"secrets": {"generate": False}, "flower": {"enabled": True}},
        *({section: {"pod": {"env": {"A": "b"}, "volumes": {"x": {"emptyDir": {}}}}}} for section in COMPONENTS),
        {section: {"strategy": {"type": "Recreate"}} for section in COMPONENTS if section in REPLICATED},
        {section: {"serviceAccount": {"name": "mine"}} for section in COMPONENTS},
        {
            "flower": {
                "enabled": True,
                "command": ["x"],
                "args": ["y"],
                "strategy": {"type": "Recreate"},
                "startupProbe": {"enabled": False},
                "livenessProbe": {"enabled": False},
                "readinessProbe": {"enabled": False},
            }
        },
        {"config": {section: dict.fromkeys(options) for section, options in defaults.items()}},
        {"config": dict.fromkeys(defaults)},
        {"pods": shared, **{section: {"pod": shared} for section in COMPONENTS}},
        {
            **everything(),
            **{section: {"serviceAccount": {"name": "mine"}} for section in COMPONENTS},
            **{section: {"serviceAccount": {"name": "mine"}, "kubernetesAccess": True} for section in ACCESS},
            "flower": {"enabled": True, "serviceAccount": {"name": "mine"}},
        },
        {
            section: {"persistence": {"enabled": True, "storageClass": "fast"}}
            for section in ("dags", "logs", "postgresql", "redis")
        },
        {**existing, "secrets": {}},
        {**existing, "postgresql": {"enabled": True}, "redis": {"enabled": True}},
        {section: {"host": "a", "uri": {"existingSecret": "b"}} for section in ("database", "resultBackend", "broker")},
        {"airflowPods": {"initContainers": [{"name": "worker"}], "initContainersFirst": [{"name": "worker"}]}},
        {"airflowPods": {"initContainers": [{"name": "x"}], "initContainersFirst": [{"name": "x"}]}},
        {
            "airflowPods": more,
            **{section: {"pod": more} for section in COMPONENTS},
            "workers": {"sets": {"a": {"pod": more}}},
        },
        {"airflowPods": more, "webserver": {"pod": other}},
        {"airflowPods": {name: items * 2 for name, items in lists.items()}},
        {"workers": {"sets": {"a": {"pod": other}}}},
        {"airflowPods": other},
        {
            "airflowLocalSettings": "x",
            "airflowPods": {"env": {"PYTHONPATH": "x"}},
            **{section: {"pod": {"env": {"PYTHONPATH": "x"}}} for section in COMPONENTS},
        },
        {
            "airflowLocalSettings": "x",
            "workers": {"sets": {"a": {"pod": {"env": {"PYTHONPATH": "x"}}}, "b": {"pod": {"env": {}}}}},
        },
        {"workers": {"sets": {"a": {"pod": {name: items * 2 for name, items in lists.items()}}}}},
        {"airflowPods": more, **{section: {"pod": {"volumes": {"v": {"emptyDir": {}}}}} for section in COMPONENTS}},
        {"airflowPods": more, **{section: {"pod": {"containers": [{"name": "v"}]}} for section in COMPONENTS}},
        *({section: {"pod": {name: value}}} for section in COMPONENTS for name, value in more.items()),
        {"images": {"postgresql": {"tag": ""}, "redis": {"tag": ""}}, "dags": {"path": "/data"}},
        {
            "dags": {"persistence": {"enabled": True}},
            "airflowPods": {"volumeMounts": {"/opt/airflow/dags": {"name": "a"}}},
        },
        {"workers": {"sets": {"a": {"pod": {"env": {"PGDATA": "x"}}}, "b": {"replicas": 2}}}},
        {section: {"command": ["x"], "args": ["y"]} for section in COMPONENTS if section != "kubernetesExecutor"},
        {section: {"replicas": 2} for section in REPLICATED},
        {section: {"pod": {"podSecurityContext": None, "lifecycle": None}} for section in ("postgresql", "redis")},
        {"postgresql": {"pod": {"lifecycle": None, "env": {"A": "b"}}}},
        *({"airflowPods": pod} for pod in _ODD_PODS),
        *({section: {"pod": pod}} for section in ("scheduler", "postgresql", "redis") for pod in _ODD_PODS),
        {
            section: {probe: {"enabled": False} for probe in ("startupProbe", "livenessProbe")}
            for section in (*REPLICATED, "postgresql", "redis")
        },
        {
            section: {"readinessProbe": {"enabled": False}}
            for section in ("webserver", "scheduler", "postgresql", "redis")
        },
    ]


_EMPTY: dict[str, Any] = {"emptyDir": {}}
_SECRET = {"secretKeyRef": {"name": "a", "key": "b"}}
_TWO_ACTIONS = {"sleep": {"seconds": 1}, "exec": {"command": ["true"]}}
_ODD_PODS: tuple[dict[str, Any], ...] = (
    {"containers": [{"name": "x"}], "initContainers": [{"name": "x"}]},
    {"containers": [{"name": name} for name in ("log-cleaner", "worker", "redis", "other")]},
    {"initContainers": [{"name": "redis"}], "initContainersFirst": [{"name": "worker"}, {"name": "redis"}]},
    {"volumes": {name: {"emptyDir": {}} for name in ("tmp", "data", "logs", "other")}},
    {"volumeMounts": {path: {"name": "tmp"} for path in ("/tmp", "/data", "/etc/airflow", "/other")}},
    {"volumeMounts": {"/x": {"name": "missing"}, "/y": {"name": "tmp"}, "/z": {"name": "v"}}, "volumes": {"v": _EMPTY}},
    {"volumes": {"v": {**_EMPTY, "nfs": {"path": "/", "server": "a"}}}},
    {"env": {"A": "b", "S": _SECRET, "T": {**_SECRET, "fieldRef": {"fieldPath": "a"}}}},
    {"lifecycle": {hook: {"sleep": {"seconds": 1}} for hook in ("postStart", "preStop")}},
    {"lifecycle": dict.fromkeys(("postStart", "preStop"), _TWO_ACTIONS)},
)
"""What rules of pods are about, in any section."""
_SETTINGS = {component.path: component.settings(Values()) for component in deployment.COMPONENTS}
COMPONENTS = tuple(_SETTINGS)
REPLICATED = tuple(path for path, settings in _SETTINGS.items() if isinstance(settings, ReplicatedSettings))
ACCESS = tuple(path for path, settings in _SETTINGS.items() if "kubernetes_access" in type(settings).model_fields)


EXECUTORS = (
    ("3.3.2", ["CeleryExecutor"]),
    ("3.3.2", ["KubernetesExecutor"]),
    ("3.3.2", ["LocalExecutor"]),
    ("3.3.2", ["CeleryExecutor", "KubernetesExecutor", "LocalExecutor"]),
    ("2.11.2", ["CeleryExecutor", "KubernetesExecutor", "LocalExecutor"]),
    ("2.11.2", ["LocalExecutor"]),
    ("2.11.2", ["KubernetesExecutor"]),
)


def crossed(documents: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Each document with every choice of executors, with the chart's own data stores and with external ones."""
    external = parse((ROOT / "examples/production-celery.yaml").read_text()).data
    stores = {name: external[name] for name in ("database", "resultBackend", "broker", "postgresql", "redis")}
    for document in documents:
        for version, executors in EXECUTORS:
            for some in ({}, stores if "CeleryExecutor" in executors else {**stores, "broker": {}, "redis": {}}):
                yield {**some, **document, "airflowVersion": version, "executors": executors}


def samples(node: dict[str, Any], depth: int = 0) -> list[Any]:
    """A few values that a schema allows, the empty ones among them."""
    node = resolve(node)
    if "enum" in node:
        return list(node["enum"])
    for choice in ("anyOf", "oneOf"):
        if choice in node:
            return [value for option in node[choice] for value in samples(option, depth)]
    kind = node.get("type", "object")
    if kind == "boolean":
        return [True, False]
    if kind in ("integer", "number"):
        return [value for value in (0, 1, 2) if value >= node.get("minimum", 0)]
    if kind == "string":
        pattern = node.get("pattern", "")
        return [text for text in TEXTS if re.search(pattern, text)][: 20 if depth == 0 else 1]
    if kind == "array":
        return [[], *([value] for value in samples(node.get("items", {}), depth + 1)[:3])]
    inner = node.get("additionalProperties")
    if node.get("properties"):
        required = {name: samples(node["properties"][name], depth + 1)[0] for name in node.get("required", [])}
        if required or depth > 2:
            return [required]
        some = next(iter(node["properties"]))
        return [{}, {some: samples(node["properties"][some], depth + 1)[-1]}]
    values = samples(inner, depth + 1) if isinstance(inner, dict) else ["text"]
    keys = [key for key in ("default", "A", "core", "a.py") if _allowed(key, node)]
    return [{}, *({key: value} for key in keys[:1] for value in values)]


def _allowed(key: str, node: dict[str, Any]) -> bool:
    names = resolve(node["propertyNames"]) if "propertyNames" in node else {}
    return bool(re.search(names.get("pattern", ""), key))


def candidates() -> Iterator[dict[str, Any]]:
    yield from bases()
    yield from combined()
    yield from REFUSED
    yield from about_rules()
    yield from crossed([{}, {"flower": {"enabled": True}}, everything()])
    for path in paths():
        for value in samples(schema_at(path)):
            yield changed({}, path, value)


def everything() -> dict[str, Any]:
    whole = parse((ROOT / "examples/everything.yaml").read_text()).data
    return {name: value for name, value in whole.items() if name not in ("broker", "images")}


def changed(base: dict[str, Any], path: Path, value: Any) -> dict[str, Any]:
    document = copy.deepcopy(base)
    assign(document, path, value)
    return document


Decision = tuple[int, bool]
"""The identity of a decision, and a way that it must go."""


def decisions() -> dict[Decision, When | Each]:
    """Every way of every decision of the recorded tree; a list that is known to be filled need not be empty, too."""
    recorded = traced()
    fragments = (fragment.body for fragment in recorded.fragments.values())
    found: dict[Decision, When | Each] = {}
    for tree in [*recorded.parts.values(), *recorded.texts.values(), *fragments]:
        _visit(tree, frozenset(), found)
    return found


def _visit(node: Any, filled: frozenset[Any], found: dict[Decision, When | Each]) -> None:
    if isinstance(node, (When, Each)):
        found[id(node), True] = node
    if isinstance(node, When) or (isinstance(node, Each) and node.source not in filled):
        found[id(node), False] = node
    if isinstance(node, When):
        facts = node.condition.args if isinstance(node.condition, Apply) and node.condition.op in _BOTH else ()
        known = {fact.args[0] for fact in (node.condition, *facts) if isinstance(fact, Apply) and fact.op is FILLED}
        _visit(node.then, filled | known, found)
        _visit(node.otherwise, filled, found)
    else:
        for child in children(node):
            _visit(child, filled, found)


_BOTH = (ALL_OF,)


def covering() -> tuple[list[dict[str, Any]], list[str]]:
    """The covering set, and the ways of decisions that no candidate takes."""
    found = decisions()
    wanted = set(found)
    kept: list[dict[str, Any]] = []
    rules, others = pieces()
    for document in candidates():
        releases = [Release("etl", "data"), Release("airflow", "data", "airflow")][: 1 if kept else 2]
        scopes = [roots(document, release) for release in releases]
        if structural_problems(scopes[0]["Values"]):
            continue
        new = {way for scope in scopes for way in new_ways(scope, rules, others, wanted)}
        if new:
            kept.append(document)
            wanted -= new
        if not wanted:
            break
    return kept, sorted(f"{found[decision].where} is never {decision[1]}" for decision in wanted)


@dataclass(frozen=True)
class Piece:
    """A part of the recorded tree that can be interpreted by itself, and the decisions in it."""

    tree: Tree
    decisions: frozenset[int]

    @classmethod
    def of(cls, tree: Tree) -> Piece:
        trees = [tree, *(fragment.body for fragment in fragments_of(tree).values())]
        return cls(tree, frozenset(id(node) for one in trees for node in walk(one) if isinstance(node, (When, Each))))


def pieces() -> tuple[list[Piece], list[Piece]]:
    """The recorded tree in pieces: one for each rule; and one for each line of the notes and for each manifest."""
    recorded = traced()
    rules, notes = (_lines_of(recorded.texts[name]) for name in ("rules", "notes"))
    manifests = (part for tree in recorded.parts.values() for part in tree.parts)
    others: list[Tree] = [*(Lines((part,)) for part in notes), *(Sequence((part,)) for part in manifests)]
    return [Piece.of(Lines((part,))) for part in rules], [Piece.of(tree) for tree in others]


def _lines_of(text: Tree) -> tuple[Item, ...]:
    """The lines of a text that is one fragment."""
    assert isinstance(text, Call)
    assert isinstance(text.fragment.body, Lines)
    return text.fragment.body.parts


def new_ways(scope: dict[str, Any], rules: list[Piece], others: list[Piece], wanted: set[Decision]) -> set[Decision]:
    """Which of the wanted ways a document takes. If rules refuse it, it takes none but theirs.

    Only pieces in which a way is still wanted are interpreted: a candidate costs less and less, however large the
    chart is.
    """
    undecided = {identity for identity, _ in wanted}

    def taken(pieces: list[Piece]) -> set[Decision]:
        interpreter = Interpreter()
        for piece in pieces:
            if not piece.decisions.isdisjoint(undecided):
                interpreter.tree(piece.tree, scope)
        return wanted & {(identity, way) for identity, ways in interpreter.coverage.items() for way in ways}

    new = taken(others)
    if new and Interpreter().tree(traced().texts["rules"], scope).strip():
        new = set()
    return new | taken(rules)
