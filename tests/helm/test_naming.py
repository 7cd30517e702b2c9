"""Conditions that are asked more than once have names; the law holds on each text (`printing.py`)."""

from __future__ import annotations

from printing import Sample, defined, printed

from airflow_charts.k8s import core_v1, meta_v1
from airflow_charts.release import Release
from airflow_charts.tracing import all_of, any_of, contains, each, filled, fragment, negate, starts_with, when


def config(name: str = "a", **data: str) -> core_v1.ConfigMap:
    return core_v1.ConfigMap(metadata=meta_v1.ObjectMeta(name=name), data=data)


def single(values: Sample) -> bool:
    return values.flag


def constant(values: Sample) -> bool:
    del values
    return True


def polite(values: Sample) -> bool:
    return starts_with(values.title, "hello")


def rude(values: Sample) -> bool:
    return negate(polite(values))


def hosted(values: Sample) -> bool:
    return any_of(contains(values.hosts, "one"), contains(values.hosts, "b"))


def ready(values: Sample) -> bool:
    return any_of(hosted(values), all_of(polite(values), filled(values.name)))


CONDITIONS = (single, constant, polite, rude, hosted, ready)


@fragment
def greeting(values: Sample, suffix: str) -> dict[str, str]:
    """A map with its own names."""
    return {
        "always": f"x{suffix}",
        "one": when(polite(values), f"a{suffix}"),
        "two": when(values.flag, "b"),
        "three": when(polite(values), "c"),
    }


@fragment
def sentence(values: Sample, release: Release) -> str:
    """A text of many words."""
    return when(
        polite(values),
        lambda: f"{values.name} says {values.title} to everybody in the namespace called {release.namespace}",
        lambda: when(hosted(values), f"nobody-{release.name}", when(values.flag, "nothing", f"{values.title}")),
    )


def test_what_is_asked_twice_has_a_name_and_what_is_asked_once_has_none() -> None:
    text = printed(
        lambda values, _: [
            config(a="x", b=when(hosted(values), "1"), c=when(values.flag, "2")),
            config("b", a="x", b=when(all_of(hosted(values), values.other), "1"), c=when(polite(values), "2")),
        ],
        CONDITIONS,
    )
    assert (
        "\n" + text
        == r"""
{{- $hosted := or (has "one" .Values.hosts) (has "b" .Values.hosts) }}
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: a
data:
  a: x
  {{- if $hosted }}
  b: "1"
  {{- end }}
  {{- if .Values.flag }}
  c: "2"
  {{- end }}
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: b
data:
  a: x
  {{- if and $hosted .Values.other }}
  b: "1"
  {{- end }}
  {{- if hasPrefix "hello" .Values.title }}
  c: "2"
  {{- end }}
"""
    )


def test_names_are_made_of_names_and_stand_in_a_range_too() -> None:
    text = printed(
        lambda values, _: [
            config(a="x", b=when(ready(values), "1"), c=when(rude(values), "2"), d=when(hosted(values), "3")),
            each(values.names, lambda name: config(name, a="x", b=when(ready(values), "1"), c=when(rude(values), "2"))),
        ],
        CONDITIONS,
    )
    assert (
        "\n" + text
        == r"""
{{- $polite := hasPrefix "hello" .Values.title }}
{{- $rude := not $polite }}
{{- $hosted := or (has "one" .Values.hosts) (has "b" .Values.hosts) }}
{{- $ready := or $hosted (and $polite .Values.name) }}
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: a
data:
  a: x
  {{- if $ready }}
  b: "1"
  {{- end }}
  {{- if $rude }}
  c: "2"
  {{- end }}
  {{- if $hosted }}
  d: "3"
  {{- end }}
{{- range $_, $name := .Values.names }}
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: "{{ $name }}"
data:
  a: x
  {{- if $ready }}
  b: "1"
  {{- end }}
  {{- if $rude }}
  c: "2"
  {{- end }}
{{- end }}
"""
    )


def test_the_opposite_of_a_name_is_said_with_it() -> None:
    text = printed(
        lambda values, _: config(
            a="x", b=when(rude(values), "1"), c=when(values.flag, "2"), d=when(polite(values), "3", "4")
        ),
        (rude,),
    )
    assert '{{- $rude := not (hasPrefix "hello" .Values.title) }}' in text
    assert "d: {{ if not $rude }}" in text


def test_a_variable_of_a_loop_takes_a_name_away() -> None:
    text = printed(
        lambda values, _: each(
            values.names,
            lambda polite: config(
                polite, a="x", b=when(rude(values), "1"), c=when(values.flag, "2"), d=when(rude(values), "3")
            ),
        ),
        CONDITIONS,
    )
    assert "$polite := has" not in text
    assert '{{- $rude := not (hasPrefix "hello" .Values.title) }}' in text


def test_a_named_template_has_its_own_names() -> None:
    templates = defined(
        lambda values, _: core_v1.ConfigMap(metadata=meta_v1.ObjectMeta(name="a"), data=greeting(values, "-s")),
        CONDITIONS,
    )
    assert (
        "\n" + templates
        == r"""
{{/* A map with its own names. */}}
{{- define "x.greeting" -}}
{{- $polite := hasPrefix "hello" .root.Values.title -}}
always: {{ printf "x%s" .suffix | quote }}
{{- if $polite }}
one: {{ printf "a%s" .suffix | quote }}
{{- end }}
{{- if .root.Values.flag }}
two: b
{{- end }}
{{- if $polite }}
three: c
{{- end }}
{{- end }}
"""
    )


def test_a_long_text_stands_on_lines_that_leave_no_breaks() -> None:
    templates = defined(lambda values, release: config(a=sentence(values, release)), CONDITIONS)
    assert (
        "\n" + templates
        == r"""
{{/* A text of many words. */}}
{{- define "x.sentence" -}}
{{- if hasPrefix "hello" .Values.title -}}
{{ .Values.name }} says {{ .Values.title }} to everybody in the namespace called {{ .Release.Namespace }}
{{- else if or (has "one" .Values.hosts) (has "b" .Values.hosts) -}}
nobody-{{ .Release.Name }}
{{- else -}}
{{ if .Values.flag }}nothing{{ else }}{{ .Values.title }}{{ end }}
{{- end -}}
{{- end }}
"""
    )
