"""What a person would not write twice is printed once; the law holds on each text (`printing.py`)."""

from __future__ import annotations

import pytest
from printing import Maker, printed

from airflow_charts.helm.width import WIDTH, fitted
from airflow_charts.k8s import core_v1, meta_v1
from airflow_charts.tracing import all_of, any_of, each, filled, first_of, negate, when

HEAD = """\
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: a
"""


def config(**data: str) -> core_v1.ConfigMap:
    return core_v1.ConfigMap(metadata=meta_v1.ObjectMeta(name="a"), data=data)


def container(**fields: object) -> core_v1.Container:
    return core_v1.Container(name="c", **fields)  # type: ignore[arg-type]


TIDIED: dict[str, tuple[Maker, str]] = {
    "neighbours with one condition are one decision": (
        lambda values, _: config(a="x", b=when(values.flag, "x"), c=when(values.flag, "y")),
        r"""
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: a
data:
  a: x
  {{- if .Values.flag }}
  b: x
  c: "y"
  {{- end }}
""",
    ),
    "a condition and its opposite are if and else": (
        lambda values, _: config(a="x", b=when(values.flag, "x"), c=when(negate(values.flag), "z")),
        r"""
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: a
data:
  a: x
  {{- if .Values.flag }}
  b: x
  {{- else }}
  c: z
  {{- end }}
""",
    ),
    "a decision in else is else if": (
        lambda values, _: container(
            env=[
                when(
                    values.flag,
                    lambda: core_v1.EnvVar(name="A"),
                    lambda: when(
                        values.other, lambda: core_v1.EnvVar(name="B"), lambda: core_v1.EnvVar(name="C", value="")
                    ),
                )
            ]
        ),
        r"""
---
name: c
env:
  {{- if .Values.flag }}
  - name: A
  {{- else if .Values.other }}
  - name: B
  {{- else }}
  - name: C
    value: ""
  {{- end }}
""",
    ),
    "if and with of one value are with": (
        lambda values, _: container(ports=when(filled(values.tolerations), lambda: values.tolerations)),
        r"""
---
name: c
{{- with .Values.tolerations }}
ports:
  {{- mustToYaml . | nindent 2 }}
{{- end }}
""",
    ),
    "a key of both branches stands above them": (
        lambda values, _: container(
            command=when(filled(values.hosts), lambda: values.hosts, lambda: ["run"]),
            args=when(values.flag, lambda: ["one", "x"], lambda: when(values.other, lambda: ["one"], lambda: ["two"])),
        ),
        r"""
---
name: c
command:
  {{- with .Values.hosts }}
  {{- mustToYaml . | nindent 2 }}
  {{- else }}
  - run
  {{- end }}
args:
  {{- if .Values.flag }}
  - one
  - x
  {{- else if .Values.other }}
  - one
  {{- else }}
  - two
  {{- end }}
""",
    ),
    "with has no else if, so that if stays": (
        lambda values, _: container(
            command=when(
                filled(values.hosts), lambda: values.hosts, lambda: when(values.flag, lambda: ["a"], lambda: ["b"])
            ),
        ),
        r"""
---
name: c
command:
  {{- if .Values.hosts }}
  {{- mustToYaml .Values.hosts | nindent 2 }}
  {{- else if .Values.flag }}
  - a
  {{- else }}
  - b
  {{- end }}
""",
    ),
    "if and range of one value are range": (
        lambda values, _: container(
            args=when(
                filled(values.hosts), lambda: [*each(values.hosts, lambda host: f"--{host}")], lambda: ["--nobody"]
            )
        ),
        r"""
---
name: c
args:
  {{- range $_, $host := .Values.hosts }}
  - {{ printf "--%s" $host | quote }}
  {{- else }}
  - "--nobody"
  {{- end }}
""",
    ),
    "a value that is there needs no with": (
        lambda values, _: container(
            env=[when(filled(values.tolerations), lambda: {"a": values.tolerations}), core_v1.EnvVar(name="A")]
        ),
        r"""
---
name: c
env:
  {{- if .Values.tolerations }}
  - a:
      {{- mustToYaml .Values.tolerations | nindent 6 }}
  {{- end }}
  - name: A
""",
    ),
    "items that begin with the same line": (
        lambda values, _: container(
            env=[
                when(
                    values.flag,
                    lambda: core_v1.EnvVar(name="A", value="a"),
                    lambda: core_v1.EnvVar(name="A", valueFrom=core_v1.EnvVarSource()),
                )
            ]
        ),
        r"""
---
name: c
env:
  - name: A
    {{- if .Values.flag }}
    value: a
    {{- else }}
    valueFrom: {}
    {{- end }}
""",
    ),
    "what is known is not asked again": (
        lambda values, _: container(args=[when(values.flag, "a"), when(values.flag, "b")]),
        r"""
---
name: c
{{- if .Values.flag }}
args:
  - a
  - b
{{- end }}
""",
    ),
    "long texts of a decision stand on lines of their own": (
        lambda values, _: config(a=when(values.flag, "x" * 60, "z" * 60)),
        f"""
{HEAD}data:
  {{{{- if .Values.flag }}}}
  a: {"x" * 60}
  {{{{- else }}}}
  a: {"z" * 60}
  {{{{- end }}}}
""",
    ),
    "a long condition continues below": (
        lambda values, _: when(
            any_of(
                all_of(values.flag, filled(values.inner.tolerations), values.title == "hello"),
                all_of(values.other, filled(values.inner.labels), values.title == "something else"),
            ),
            lambda: config(a="x"),
        ),
        f"""
{{{{- if or
  (and .Values.flag .Values.inner.tolerations (eq .Values.title "hello"))
  (and .Values.other .Values.inner.labels (eq .Values.title "something else")) }}}}
{HEAD}data:
  a: x
{{{{- end }}}}
""",
    ),
    "a long argument continues in its parentheses": (
        lambda values, _: config(
            a=first_of(
                values.title,
                f"{values.title} and {values.name} and {values.inner.replicas} and {values.count} and {values.title} "
                "and nothing else",
            )
        ),
        f"""
{HEAD}data:
  a: {{{{ (or
    .Values.title
    (printf "%s and %s and %d and %d and %s and nothing else"
      .Values.title
      .Values.name
      (int64 .Values.inner.replicas)
      (int64 .Values.count)
      .Values.title
    )
  ) | quote }}}}
""",
    ),
}


@pytest.mark.parametrize(("maker", "text"), TIDIED.values(), ids=TIDIED)
def test_what_is_the_same_is_printed_once(maker: Maker, text: str) -> None:
    assert "\n" + printed(maker) == text


@pytest.mark.parametrize(
    "line", ["x" * 300, "{{ .Values.title }}" * 20, '{{ fail "' + "(word) " * 40 + '" }}', "{{ include " + "x" * 200]
)
def test_what_has_no_arguments_stays_on_its_line(line: str) -> None:
    assert list(fitted(line)) == [line]


def test_a_line_that_fits_is_left_alone() -> None:
    line = "{{- if or (eq .a 1) (eq .b 2) }}"
    assert list(fitted(line.ljust(WIDTH, "x"))) == [line.ljust(WIDTH, "x")]
