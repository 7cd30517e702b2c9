"""What the chart never does: each ban as a test over its text. The committed chart is read as it is."""

from __future__ import annotations

import ast
import inspect
import json
import re
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import airflow_charts
from airflow_charts.deployment import PARTS
from airflow_charts.helm.chart import GENERATED, PREFIX

SOURCE = Path(airflow_charts.__file__).parent
CHART = Path(__file__).parents[2] / "charts/airflow"
TEMPLATES = {path.relative_to(CHART).as_posix(): path.read_text() for path in sorted(CHART.glob("templates/**/*.*"))}
SCHEMA: dict[str, Any] = json.loads((CHART / "values.schema.json").read_text())
DEFINITIONS: dict[str, Any] = SCHEMA["definitions"]
OWN = {name: schema for name, schema in DEFINITIONS.items() if not name.startswith("k8s.")}

_ACTION = re.compile(r"\{\{-?\s*(.*?)\s*-?\}\}", re.DOTALL)
_STRING = re.compile(r'"(?:\\.|[^"\\])*"')
_WORD = re.compile(r"(?<![\w.$-])[A-Za-z_]\w*")


def actions() -> list[str]:
    """The code of every template, without comments and without the content of strings."""
    found = [action for text in TEMPLATES.values() for action in _ACTION.findall(text)]
    return [_STRING.sub('""', action) for action in found if not action.startswith("/*")]


def functions() -> set[str]:
    """Every word of the templates' code that is a function or a keyword."""
    return {word for action in actions() for word in _WORD.findall(action)}


ALLOWED = {
    *("if", "else", "end", "with", "range", "define", "include", "and", "or", "not", "true", "false", "fail"),
    *("eq", "ne", "lt", "le", "gt", "ge", "empty", "has", "hasKey", "index", "len", "kindIs", "semverCompare"),
    *("int", "int64", "add", "mul", "print", "printf", "quote", "join", "replace", "trunc", "contains", "hasPrefix"),
    *("trim", "trimPrefix", "trimSuffix", "nindent", "indent", "b64enc", "urlquery", "sha256sum", "regexMatch", "dict"),
    *("fromYaml", "mustToYaml", "toJson", "mustToJson", "mustFromJson", "toPrettyJson", "mergeOverwrite", "deepCopy"),
    *("list", "splitList", "uniq"),
}
"""Each of them is a function of its arguments, fails aloud, and leaves its arguments as they are."""


def test_templates_use_no_function_beyond_these() -> None:
    assert functions() - ALLOWED == set()


BANNED = {
    "no tpl": r"\btpl\b",
    "no lookup": r"\blookup\b",
    "nothing about the cluster": r"\.Capabilities\b",
    "nothing about the history": r"\.(Release\.(Revision|IsUpgrade|IsInstall|Service)|Files|Template|Subcharts)\b",
    "no time": r"\b(now|ago|date\w*|dateModify|unixEpoch|duration\w*|htmlDate\w*|toDate|mustToDate)\b",
    "no random": r"\b(rand\w+|uuidv4|gen[A-Z]\w+|shuffle|bcrypt|htpasswd|derivePassword|encryptAES)\b",
    "no defaults of user data": r"\b(merge|mustMerge|default|coalesce|ternary|set|unset|mustMergeOverwrite)\b",
    "no floats": r"\b(float64|toDecimal|addf|mulf|divf|subf|round|floor|ceil|maxf|minf)\b",
    "no environment": r"(?<!\.)\b(env|expandenv|getHostByName)\b",
}


@pytest.mark.parametrize("pattern", BANNED.values(), ids=BANNED)
def test_templates_have(pattern: str) -> None:
    assert [action for action in actions() if re.search(pattern, action)] == []


def test_only_copies_are_merged_into() -> None:
    merges = [action for action in actions() if "mergeOverwrite" in action]
    assert merges
    for action in merges:
        assert action.count("mergeOverwrite") == len(re.findall(r"mergeOverwrite\s+\(deepCopy\s", action)), action


def test_there_are_no_hooks() -> None:
    hooked = [name for name, text in TEMPLATES.items() if "helm.sh/hook" in text and "helm.sh/hook: test" not in text]
    assert hooked == []


def test_no_number_is_printed_without_its_cast() -> None:
    numbers = {path for path, kind in _leaves(SCHEMA, "") if kind == "integer"}
    assert "scheduler.replicas" in numbers
    bare = re.compile(r"^\$?(?:\.root)?\.Values\.([\w.]+)$")
    printed = {found[1] for action in actions() if (found := bare.match(action))}
    assert printed & numbers == set()


def test_every_template_has_the_prefix() -> None:
    names = [name for text in TEMPLATES.values() for name in re.findall(r'\{\{-? *define "([^"]*)"', text)]
    assert names
    assert [name for name in names if not name.startswith(PREFIX)] == []
    assert len(names) == len(set(names))
    included = {name for text in TEMPLATES.values() for name in re.findall(r'include "([^"]*)"', text)}
    assert included == set(names)


def test_every_file_says_that_it_is_generated() -> None:
    silent = {name for name, text in TEMPLATES.items() if GENERATED not in text.partition("\n")[0]}
    assert silent == {"templates/NOTES.txt"}, "NOTES.txt is one line, printed as it is"
    assert f"# {GENERATED}" in (CHART / "Chart.yaml").read_text()


_HEAD = re.compile(rf"{{{{- /\* {re.escape(GENERATED)}: (?P<file>\S+[.]py)(: (?P<function>\w+))?[. ]")


def test_every_head_names_the_file_and_the_function_that_it_is_generated_from() -> None:
    for name, text in TEMPLATES.items():
        if name == "templates/NOTES.txt":
            continue
        head = _HEAD.match(text)
        assert head, name
        tree = ast.parse((SOURCE / head["file"]).read_text(encoding="utf-8"))
        functions = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
        if name.endswith(".tpl"):
            fragments = tuple(f'"{PREFIX}{function.strip("_").replace("_", "-")}' for function in functions)
            assert all(define.startswith(fragments) for define in re.findall(r'define (".*?")', text)), name
        else:
            assert head["function"] in functions, name


def test_every_template_of_objects_says_which_part_of_the_deployment_it_is() -> None:
    for name, makers in PARTS.items():
        text = TEMPLATES[f"templates/{name.replace('_', '-')}.yaml"].replace(f"{GENERATED}: ", "")
        said = re.findall(r"^\{\{- /\* (\S+[.]py): (\w+) \*/\}\}$", text, re.MULTILINE)
        functions = [inspect.unwrap(make.func if isinstance(make, partial) else make) for make in makers]
        assert [(SOURCE / file, function) for file, function in said] == [
            (Path(inspect.getfile(one)), one.__name__) for one in functions
        ]


# --- the schema ------------------------------------------------------------------------------------------------------


def _leaves(schema: Any, path: str) -> list[tuple[str, str]]:
    """The (path, type) pairs of the values that a schema describes."""
    reference = schema.get("$ref", "") if isinstance(schema, dict) else ""
    if reference:
        return _leaves(DEFINITIONS[reference.rpartition("/")[2]], path)
    if not isinstance(schema, dict):
        return []
    found = [(path, str(schema["type"]))] if isinstance(schema.get("type"), str) else []
    for part in schema.get("allOf", []):
        found += _leaves(part, path)
    for key, inner in schema.get("properties", {}).items():
        found += _leaves(inner, f"{path}.{key}".lstrip("."))
    return found


def _walk(node: Any) -> list[dict[str, Any]]:
    if isinstance(node, dict):
        return [node, *(found for value in node.values() for found in _walk(value))]
    return [found for item in node for found in _walk(item)] if isinstance(node, list) else []


def _kinds(node: dict[str, Any]) -> list[str]:
    kind = node.get("type", [])
    return [kind] if isinstance(kind, str) else kind if isinstance(kind, list) else []


def test_no_value_is_a_float() -> None:
    own = [node for schema in ({**SCHEMA, "definitions": {}}, *OWN.values()) for node in _walk(schema)]
    assert own
    assert [node for node in own if "number" in _kinds(node)] == []


def test_integers_stay_exact_in_a_float() -> None:
    own = [node for schema in ({**SCHEMA, "definitions": {}}, *OWN.values()) for node in _walk(schema)]
    for node in own:
        if "integer" in _kinds(node):
            assert -(2**53) <= node["minimum"] <= node["maximum"] <= 2**53, node


def test_no_value_is_optional() -> None:
    root = {key: value for key, value in SCHEMA["properties"].items() if key != "enabled"}
    assert set(SCHEMA["required"]) == set(root), "`enabled` is an umbrella's condition"
    for name, schema in OWN.items():
        if "properties" not in schema or "Changes" in name:
            continue
        inherited = {key for part in schema.get("allOf", []) for key in _properties(part)}
        required = {key for part in (schema, *schema.get("allOf", [])) for key in _required(part)}
        assert set(schema["properties"]) - required == set(), name
        assert inherited <= set(schema["properties"]) or name.endswith(".base"), name


def _definition(schema: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = DEFINITIONS[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
    return found


def _properties(schema: dict[str, Any]) -> set[str]:
    whole = _definition(schema)
    return set(whole.get("properties", {})).union(*(_properties(part) for part in whole.get("allOf", [])))


def _required(schema: dict[str, Any]) -> set[str]:
    whole = _definition(schema)
    return set(whole.get("required", [])).union(*(_required(part) for part in whole.get("allOf", [])))


def test_changes_require_nothing() -> None:
    changes = [schema for name, schema in OWN.items() if "Changes" in name]
    assert changes
    assert [schema for schema in changes if "required" in schema] == []


def test_every_section_is_closed() -> None:
    open_ones = [
        name
        for name, schema in OWN.items()
        if "properties" in schema and not name.endswith(".base") and schema.get("additionalProperties") is not False
    ]
    assert open_ones == ["Global"], "an umbrella shares `global` with other charts"
    assert SCHEMA["additionalProperties"] is False
    assert SCHEMA["patternProperties"] == {"^x-": {}}


def test_no_definition_is_unreferenced_or_missing() -> None:
    def references(node: Any) -> set[str]:
        return {one["$ref"].rpartition("/")[2] for one in _walk(node) if isinstance(one.get("$ref"), str)}

    reached: set[str] = set()
    waiting = references({**SCHEMA, "definitions": {}})
    while waiting:
        reached |= waiting
        waiting = set().union(*(references(DEFINITIONS[name]) for name in waiting)) - reached
    assert reached == set(DEFINITIONS)
