"""The exact template text of every kind of node and every operation.

`printing.py` proves the law on each case, too: Helm's render of the text equals the call, for several documents.
"""

# ruff: noqa: E501 - template lines are as long as they are

from __future__ import annotations

import dataclasses

import pytest
from printing import Inner, Maker, Sample, defined, printed, recorded

from airflow_charts.errors import ChartError
from airflow_charts.helm.chart import template_files
from airflow_charts.k8s import core_v1, meta_v1
from airflow_charts.release import Release
from airflow_charts.tracing import (
    OMIT,
    add,
    all_of,
    any_of,
    at,
    b64encode,
    choose,
    combine,
    contains,
    digest,
    each,
    each_entry,
    each_pair,
    filled,
    first_of,
    fragment,
    given,
    has_key,
    holds,
    join,
    json_text,
    length,
    let,
    lines,
    matches,
    multiply,
    negate,
    one_of,
    overlaid,
    overlay,
    replace,
    size,
    starts_with,
    text_digest,
    to_json,
    trim_end,
    truncate,
    union,
    urlquote,
    when,
)

NAMED = meta_v1.ObjectMeta(name="a")


def config(**data: str) -> core_v1.ConfigMap:
    return core_v1.ConfigMap(metadata=NAMED, data=data)


def server(*containers: core_v1.Container) -> core_v1.Pod:
    return core_v1.Pod(metadata=NAMED, spec=core_v1.PodSpec(containers=list(containers)))


@fragment
def labels_of(values: Sample, component: str) -> dict[str, str]:
    """Labels of an object."""
    return union({"component": component}, values.labels)


@fragment
def maybe(values: Sample) -> dict[str, str]:
    """A map that may be empty."""
    return {"a": when(values.flag, "yes"), "b": given(values.name, lambda name: f"{name}")}


@fragment
def full(values: Sample, release: Release) -> str:
    """The full name."""
    return when(filled(values.name), f"{values.name}", f"{release.name}-{release.chart}")


@fragment
def loud(text: str) -> str:
    return f"{text}!"


@fragment
def suffixed(text: str, *, sign: str = "", twice: bool = False) -> str:
    """With a suffix."""
    return f"{text}{sign}{sign}" if twice else f"{text}{sign}"


@fragment
def tolerant(values: Sample) -> core_v1.PodSpec:
    """An object that ends with what the user wrote."""
    return core_v1.PodSpec(containers=[], hostname="a", tolerations=values.tolerations)


@fragment
def items_of_env(values: Sample) -> list[core_v1.EnvVar]:
    """Environment."""
    return each_pair(
        values.env,
        lambda name, value: choose(
            value,
            text=lambda text: core_v1.EnvVar(name=name, value=text),
            otherwise=lambda source: core_v1.EnvVar(name=name, valueFrom=source),
        ),
    )


@fragment
def script(values: Sample) -> str:
    """A script."""
    return lines(
        [
            "# head",
            "",
            f"title={values.title}",
            " indented",
            when(values.flag, "flag"),
            when(values.flag, lambda: ["one", when(values.other, "two")], lambda: ["none"]),
            *each(values.hosts, lambda host: f"host {host}"),
            "end {{ }}",
        ]
    )


PRINTED: dict[str, tuple[Maker, str]] = {
    "fields": (
        lambda values, release: core_v1.Service(
            metadata=meta_v1.ObjectMeta(name="web", namespace=release.namespace),
            spec=core_v1.ServiceSpec(
                type="ClusterIP",
                ports=[core_v1.ServicePort(port=values.count, name="http")],
                publishNotReadyAddresses=values.flag,
            ),
        ),
        r"""
---
apiVersion: v1
kind: Service
metadata:
  name: web
  namespace: "{{ .Release.Namespace }}"
spec:
  ports:
    - name: http
      port: {{ int64 .Values.count }}
  publishNotReadyAddresses: {{ .Values.flag }}
  type: ClusterIP
""",
    ),
    "a condition without otherwise": (
        lambda values, _: config(a="b", c=when(values.flag, "d")),
        r"""
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: a
data:
  a: b
  {{- if .Values.flag }}
  c: d
  {{- end }}
""",
    ),
    "a condition with otherwise on one line": (
        lambda values, _: config(a="b", c=when(values.flag, "d", f"{values.title}")),
        r"""
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: a
data:
  a: b
  c: {{ if .Values.flag }}d{{ else }}{{ .Values.title | quote }}{{ end }}
""",
    ),
    "conditions about fields that are objects": (
        lambda values, _: core_v1.Volume(
            name="x",
            emptyDir=when(values.flag, core_v1.EmptyDirVolumeSource(sizeLimit="1Gi")),
            configMap=when(negate(values.flag), core_v1.ConfigMapVolumeSource(name="c")),
        ),
        r"""
---
name: x
{{- if not .Values.flag }}
configMap:
  name: c
{{- else }}
emptyDir:
  sizeLimit: "1Gi"
{{- end }}
""",
    ),
    "conditions about documents": (
        lambda values, _: [
            when(values.flag, lambda: config(a="b"), lambda: config(c="d")),
            when(values.other, lambda: config(e="f")),
        ],
        r"""
{{- if .Values.flag }}
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: a
data:
  a: b
{{- else }}
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: a
data:
  c: d
{{- end }}
{{- if .Values.other }}
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: a
data:
  e: f
{{- end }}
""",
    ),
    "OMIT as then turns the condition around": (
        lambda values, _: config(a="b", c=when(values.flag, OMIT, "d")),
        r"""
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: a
data:
  a: b
  {{- if not .Values.flag }}
  c: d
  {{- end }}
""",
    ),
    "a look into a list of constants": (
        lambda values, _: config(
            a=when(one_of(values.title, "hello", "b", "c"), "1"),
            b=when(all_of(values.title != "hello", values.title != "b", values.title != "c"), "2"),
            c=when(one_of(values.title, "hello", "b"), "3"),
            d=when(any_of(values.title == "hello", values.title == "b", values.name == "c"), "4"),
            e="x",
        ),
        r"""
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: a
data:
  e: x
  {{- if has .Values.title (list "hello" "b" "c") }}
  a: "1"
  {{- else }}
  b: "2"
  {{- end }}
  {{- if or (eq .Values.title "hello") (eq .Values.title "b") }}
  c: "3"
  {{- end }}
  {{- if or (eq .Values.title "hello") (eq .Values.title "b") (eq .Values.name "c") }}
  d: "4"
  {{- end }}
""",
    ),
    "OMIT leaves no field": (
        lambda values, _: config(a="b", c=OMIT),
        r"""
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: a
data:
  a: b
""",
    ),
    "OMIT leaves no item": (
        lambda values, _: server(core_v1.Container(name="a", args=["x", OMIT, when(values.flag, "y")])),
        r"""
---
apiVersion: v1
kind: Pod
metadata:
  name: a
spec:
  containers:
    - name: a
      args:
        - x
        {{- if .Values.flag }}
        - "y"
        {{- end }}
""",
    ),
    "each beside constants": (
        lambda values, _: server(
            core_v1.Container(name="a", args=["x", *each(values.hosts, lambda host: f"--{host}")])
        ),
        r"""
---
apiVersion: v1
kind: Pod
metadata:
  name: a
spec:
  containers:
    - name: a
      args:
        - x
        {{- range $_, $host := .Values.hosts }}
        - {{ printf "--%s" $host | quote }}
        {{- end }}
""",
    ),
    "each as a whole list vanishes with it": (
        lambda values, _: server(core_v1.Container(name="a", args=each(values.hosts, lambda host: host))),
        r"""
---
apiVersion: v1
kind: Pod
metadata:
  name: a
spec:
  containers:
    - name: a
      {{- if .Values.hosts }}
      args:
        {{- range $_, $host := .Values.hosts }}
        - {{ $host | quote }}
        {{- end }}
      {{- end }}
""",
    ),
    "each of objects": (
        lambda values, _: server(
            core_v1.Container(name="a", env=each(values.hosts, lambda host: core_v1.EnvVar(name="H", value=host)))
        ),
        r"""
---
apiVersion: v1
kind: Pod
metadata:
  name: a
spec:
  containers:
    - name: a
      {{- if .Values.hosts }}
      env:
        {{- range $_, $host := .Values.hosts }}
        - name: H
          value: {{ $host | quote }}
        {{- end }}
      {{- end }}
""",
    ),
    "a condition in each": (
        lambda values, _: server(
            core_v1.Container(name="a", args=["s", *each(values.hosts, lambda host: when(host == "one", host))])
        ),
        r"""
---
apiVersion: v1
kind: Pod
metadata:
  name: a
spec:
  containers:
    - name: a
      args:
        - s
        {{- range $_, $host := .Values.hosts }}
        {{- if eq $host "one" }}
        - {{ $host | quote }}
        {{- end }}
        {{- end }}
""",
    ),
    "each of documents": (
        lambda values, release: each(
            values.names,
            lambda name: core_v1.ConfigMap(metadata=meta_v1.ObjectMeta(name=name), data={"r": release.name}),
        ),
        r"""
{{- range $_, $name := .Values.names }}
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: "{{ $name }}"
data:
  r: "{{ $.Release.Name }}"
{{- end }}
""",
    ),
    "each_pair": (
        lambda values, _: server(
            core_v1.Container(
                name="a",
                env=[
                    core_v1.EnvVar(name="Z", value="z"),
                    *each_pair(values.labels, lambda key, value: core_v1.EnvVar(name=key, value=f"{value}")),
                ],
            )
        ),
        r"""
---
apiVersion: v1
kind: Pod
metadata:
  name: a
spec:
  containers:
    - name: a
      env:
        - name: Z
          value: z
        {{- range $key, $value := .Values.labels }}
        - name: {{ $key | quote }}
          value: {{ $value | quote }}
        {{- end }}
""",
    ),
    "each_entry": (
        lambda values, _: core_v1.ConfigMap(
            metadata=NAMED, data=each_entry(values.labels, lambda key, value: {f"{key}.txt": value})
        ),
        r"""
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: a
{{- if .Values.labels }}
data:
  {{- range $key, $value := .Values.labels }}
  {{ printf "%s.txt" $key | quote }}: {{ $value | quote }}
  {{- end }}
{{- end }}
""",
    ),
    "overlay": (
        lambda values, _: core_v1.ConfigMap(
            metadata=NAMED, data=overlay({"a": "base", "y": f"{values.title}"}, values.labels, values.inner.labels)
        ),
        r"""
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: a
{{- if or
  (and (not (hasKey .Values.labels "a")) (not (hasKey .Values.inner.labels "a")))
  (and (not (hasKey .Values.labels "y")) (not (hasKey .Values.inner.labels "y")))
  .Values.labels
  .Values.inner.labels }}
data:
  {{- if and (not (hasKey .Values.labels "a")) (not (hasKey .Values.inner.labels "a")) }}
  a: base
  {{- end }}
  {{- if and (not (hasKey .Values.labels "y")) (not (hasKey .Values.inner.labels "y")) }}
  "y": {{ .Values.title | quote }}
  {{- end }}
  {{- range $key, $value := .Values.labels }}
  {{- if not (hasKey $.Values.inner.labels $key) }}
  {{ $key | quote }}: {{ $value | quote }}
  {{- end }}
  {{- end }}
  {{- with .Values.inner.labels }}
  {{- mustToYaml . | nindent 2 }}
  {{- end }}
{{- end }}
""",
    ),
    "overlay of two maps": (
        lambda values, _: core_v1.ConfigMap(metadata=NAMED, data=overlay(values.labels, values.inner.labels)),
        r"""
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: a
{{- if or .Values.labels .Values.inner.labels }}
data:
  {{- range $key, $value := .Values.labels }}
  {{- if not (hasKey $.Values.inner.labels $key) }}
  {{ $key | quote }}: {{ $value | quote }}
  {{- end }}
  {{- end }}
  {{- with .Values.inner.labels }}
  {{- mustToYaml . | nindent 2 }}
  {{- end }}
{{- end }}
""",
    ),
    "union": (
        lambda values, _: core_v1.ConfigMap(metadata=NAMED, data=union({"own": "x"}, values.labels)),
        r"""
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: a
data:
  own: x
  {{- with .Values.labels }}
  {{- mustToYaml . | nindent 2 }}
  {{- end }}
""",
    ),
    "union of one": (
        lambda values, _: core_v1.ConfigMap(metadata=NAMED, data=union(values.labels)),
        r"""
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: a
{{- if .Values.labels }}
data:
  {{- mustToYaml .Values.labels | nindent 2 }}
{{- end }}
""",
    ),
    "combine": (
        lambda values, _: core_v1.Pod(
            metadata=NAMED,
            spec=combine(
                core_v1.PodSpec(containers=[core_v1.Container(name="a")]),
                core_v1.PodSpec(containers=OMIT, affinity=values.affinity, hostNetwork=when(values.flag, True)),
            ),
        ),
        r"""
---
apiVersion: v1
kind: Pod
metadata:
  name: a
spec:
  containers:
    - name: a
  {{- with .Values.affinity }}
  affinity:
    {{- mustToYaml . | nindent 4 }}
  {{- end }}
  {{- if .Values.flag }}
  hostNetwork: true
  {{- end }}
""",
    ),
    "let of a changed section": (
        lambda values, _: each_pair(
            values.sets,
            lambda name, changes: let(
                overlaid(values.inner, changes, Inner),
                lambda source: core_v1.ConfigMap(
                    metadata=meta_v1.ObjectMeta(name=name),
                    data=union({"replicas": f"{source.replicas}"}, source.labels),
                ),
            ),
        ),
        r"""
{{- range $name, $changes := .Values.sets }}
{{- $source := mergeOverwrite (deepCopy $.Values.inner) $changes }}
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ $name | quote }}
data:
  replicas: "{{ int64 $source.replicas }}"
  {{- with $source.labels }}
  {{- mustToYaml . | nindent 2 }}
  {{- end }}
{{- end }}
""",
    ),
    "choose": (
        lambda values, _: server(
            core_v1.Container(
                name="a",
                env=each_pair(
                    values.env,
                    lambda name, value: choose(
                        value,
                        text=lambda text: core_v1.EnvVar(name=name, value=text),
                        otherwise=lambda source: core_v1.EnvVar(name=name, valueFrom=source),
                    ),
                ),
            )
        ),
        r"""
---
apiVersion: v1
kind: Pod
metadata:
  name: a
spec:
  containers:
    - name: a
      {{- if .Values.env }}
      env:
        {{- range $name, $value := .Values.env }}
        - name: {{ $name | quote }}
          {{- if kindIs "string" $value }}
          value: {{ $value | quote }}
          {{- else }}
          {{- with $value }}
          valueFrom:
            {{- mustToYaml . | nindent 12 }}
          {{- end }}
          {{- end }}
        {{- end }}
      {{- end }}
""",
    ),
    "given": (
        lambda values, _: config(a="b", c=given(values.name, lambda name: f"x-{name}")),
        r"""
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: a
data:
  a: b
  {{- if .Values.name }}
  c: "x-{{ .Values.name }}"
  {{- end }}
""",
    ),
    "first_of": (
        lambda values, _: core_v1.Pod(
            metadata=meta_v1.ObjectMeta(name=first_of(values.name, "fallback")),
            spec=core_v1.PodSpec(
                containers=[],
                tolerations=first_of(values.inner.tolerations, values.tolerations),
                affinity=first_of(values.affinity, values.affinity),
            ),
        ),
        r"""
---
apiVersion: v1
kind: Pod
metadata:
  name: "{{ or .Values.name "fallback" }}"
{{- if or (or .Values.affinity .Values.affinity) (or .Values.inner.tolerations .Values.tolerations) }}
spec:
  {{- with or .Values.affinity .Values.affinity }}
  affinity:
    {{- mustToYaml . | nindent 4 }}
  {{- end }}
  {{- with or .Values.inner.tolerations .Values.tolerations }}
  tolerations:
    {{- mustToYaml . | nindent 4 }}
  {{- end }}
{{- end }}
""",
    ),
    "integers and booleans": (
        lambda values, _: core_v1.PodSpec(
            containers=[],
            priority=5,
            hostNetwork=True,
            hostPID=False,
            terminationGracePeriodSeconds=values.count,
            activeDeadlineSeconds=add(values.count, 1),
            hostIPC=values.flag,
            shareProcessNamespace=all_of(values.flag, values.other),
            setHostnameAsFQDN=negate(values.flag),
            hostUsers=values.count > 1,
        ),
        r"""
---
activeDeadlineSeconds: {{ add (int64 .Values.count) 1 }}
hostIPC: {{ .Values.flag }}
hostNetwork: true
hostPID: false
hostUsers: {{ if gt (int64 .Values.count) 1 }}true{{ else }}false{{ end }}
priority: 5
setHostnameAsFQDN: {{ if not .Values.flag }}true{{ else }}false{{ end }}
shareProcessNamespace: {{ if and .Values.flag .Values.other }}true{{ else }}false{{ end }}
terminationGracePeriodSeconds: {{ int64 .Values.count }}
""",
    ),
    "texts": (
        lambda values, _: config(
            plain=f"{values.name}",
            mixed=f"{values.name}-{values.count}",
            text=values.title,
            both=f"{values.title}-{values.count}",
            inlist=f"100% {values.title}",
            intonly=f"{values.count}",
            three=f"{values.name}{values.name}",
            w=when(values.flag, f"a{values.name}", f"b{values.title}"),
            nest=f"x-{when(values.flag, 'a', when(values.other, 'b', 'c'))}-y",
        ),
        r"""
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: a
data:
  plain: "{{ .Values.name }}"
  mixed: "{{ .Values.name }}-{{ int64 .Values.count }}"
  text: {{ .Values.title | quote }}
  both: {{ printf "%s-%d" .Values.title (int64 .Values.count) | quote }}
  inlist: {{ printf "100%% %s" .Values.title | quote }}
  intonly: "{{ int64 .Values.count }}"
  three: "{{ .Values.name }}{{ .Values.name }}"
  w: {{ if .Values.flag }}"a{{ .Values.name }}"{{ else }}{{ printf "b%s" .Values.title | quote }}{{ end }}
  nest: {{ if .Values.flag }}"x-a-y"{{ else }}{{ if .Values.other }}"x-b-y"{{ else }}"x-c-y"{{ end }}{{ end }}
""",
    ),
    "blocks": (
        lambda values, _: config(a="one\ntwo\n", b="one\n\n  two {{ x }}\nthree", c="x\n"),
        r"""
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: a
data:
  a: |
    one
    two
  b: |-
    one

      two {{ "{{" }} x }}
    three
  c: |
    x
""",
    ),
    "a block in a list": (
        lambda values, _: server(core_v1.Container(name="a", args=["-c", "set -e\nexec {{ a }} true\n"])),
        r"""
---
apiVersion: v1
kind: Pod
metadata:
  name: a
spec:
  containers:
    - name: a
      args:
        - "-c"
        - |
          set -e
          exec {{ "{{" }} a }} true
""",
    ),
    "constants that need quotes": (
        lambda values, _: config(
            a="",
            b="yes",
            c="012",
            e="#x",
            f="1e3",
            g="null",
            h="{{ x }}",
            i="a'b\"c",
            j="ü",
            k="x:y",
            l="~",
            m="a #b",
            n="*a",
            o="$x (y)",
            p="true",
            q="a\\b",
            r="-",
            s="12:30",
            t="=",
            u="\t",
        ),
        r"""
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: a
data:
  a: ""
  b: "yes"
  c: "012"
  e: "#x"
  f: "1e3"
  g: "null"
  h: {{ "{{ x }}" | quote }}
  i: "a'b\"c"
  j: "ü"
  k: x:y
  l: "~"
  m: "a #b"
  "n": "*a"
  o: $x (y)
  p: "true"
  q: "a\\b"
  r: "-"
  s: "12:30"
  t: "="
  u: "\t"
""",
    ),
    "an object without fields": (
        lambda values, _: core_v1.Volume(name="x", emptyDir=core_v1.EmptyDirVolumeSource()),
        r"""
---
name: x
emptyDir: {}
""",
    ),
    "containers vanish with their content": (
        lambda values, _: core_v1.Pod(
            metadata=meta_v1.ObjectMeta(name="x"),
            spec=core_v1.PodSpec(
                containers=[],
                volumes=[when(values.flag, core_v1.Volume(name="y"))],
                nodeSelector={"a": when(values.other, "b")},
                securityContext=core_v1.PodSecurityContext(
                    runAsUser=when(values.flag, 5), seccompProfile=when(values.other, core_v1.SeccompProfile(type="X"))
                ),
            ),
        ),
        r"""
---
apiVersion: v1
kind: Pod
metadata:
  name: x
{{- if or .Values.other .Values.flag }}
spec:
  {{- if .Values.other }}
  nodeSelector:
    a: b
  {{- end }}
  {{- if or .Values.flag .Values.other }}
  securityContext:
    {{- if .Values.flag }}
    runAsUser: 5
    {{- end }}
    {{- if .Values.other }}
    seccompProfile:
      type: X
    {{- end }}
  {{- end }}
  {{- if .Values.flag }}
  volumes:
    - name: "y"
  {{- end }}
{{- end }}
""",
    ),
    "Kubernetes YAML": (
        lambda values, _: core_v1.PodSpec(
            containers=[], affinity=values.affinity, tolerations=values.tolerations, nodeSelector=values.labels
        ),
        r"""
{{- if or .Values.affinity .Values.labels .Values.tolerations }}
---
{{- with .Values.affinity }}
affinity:
  {{- mustToYaml . | nindent 2 }}
{{- end }}
{{- with .Values.labels }}
nodeSelector:
  {{- mustToYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations:
  {{- mustToYaml . | nindent 2 }}
{{- end }}
{{- end }}
""",
    ),
    "lists of Kubernetes YAML one after the other": (
        lambda values, _: core_v1.PodSpec(containers=[], tolerations=[*values.tolerations, *values.inner.tolerations]),
        r"""
{{- if or .Values.tolerations .Values.inner.tolerations }}
---
tolerations:
  {{- with .Values.tolerations }}
  {{- mustToYaml . | nindent 2 }}
  {{- end }}
  {{- with .Values.inner.tolerations }}
  {{- mustToYaml . | nindent 2 }}
  {{- end }}
{{- end }}
""",
    ),
    "items of Kubernetes YAML": (
        lambda values, _: core_v1.PodSpec(containers=[], tolerations=each(values.tolerations, lambda text: text)),
        r"""
{{- if .Values.tolerations }}
---
tolerations:
  {{- range $_, $text := .Values.tolerations }}
  - {{- mustToYaml $text | nindent 4 }}
  {{- end }}
{{- end }}
""",
    ),
    "what a condition around settles": (
        lambda values, _: when(
            values.flag,
            lambda: config(
                a=when(values.flag, "yes", "no"),
                b=when(negate(values.flag), "yes", "no"),
                c=when(all_of(values.flag, values.other), "both", "one"),
                d=when(any_of(values.flag, values.other), "any", "none"),
            ),
            lambda: config(e=when(values.flag, "yes", "no")),
        ),
        r"""
{{- if .Values.flag }}
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: a
data:
  a: "yes"
  b: "no"
  c: {{ if and .Values.flag .Values.other }}both{{ else }}one{{ end }}
  d: any
{{- else }}
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: a
data:
  e: "no"
{{- end }}
""",
    ),
    "what a condition of several parts settles": (
        lambda values, _: when(
            all_of(values.flag, values.other),
            lambda: config(
                a=when(values.flag, "yes", "no"), b=when(values.other, "yes"), c=when(values.count > 1, "many")
            ),
        ),
        r"""
{{- if and .Values.flag .Values.other }}
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: a
data:
  a: "yes"
  b: "yes"
  {{- if gt (int64 .Values.count) 1 }}
  c: many
  {{- end }}
{{- end }}
""",
    ),
    "conditions": (
        lambda values, _: config(
            a=when(values.title == "x", "1"),
            b=when(values.title != "x", "1"),
            c=when(values.count == 2, "1"),
            d=when(values.count < 2, "1"),
            e=when(values.count >= values.inner.replicas, "1"),
            f=when(values.flag & values.other, "1"),
            g=when(values.flag | values.other | values.inner.enabled, "1"),
            h=when(all_of(values.flag, any_of(values.other, filled(values.hosts)), negate(filled(values.name))), "1"),
            i=when(contains(values.hosts, "one"), "1"),
            j=when(has_key(values.labels, "a"), "1"),
            k=when(one_of(values.title, "a", "b"), "1"),
            l=when(starts_with(values.title, "h"), "1"),
            m=when(holds(values.title, "l"), "1"),
            n=when(matches(values.title, "^[a-z]+$"), "1"),
            o=when(size(values.hosts) > 2, "1"),
            p=when(length(values.title) > 2, "1"),
        ),
        r"""
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: a
{{- if or
  (eq .Values.title "x")
  (ne .Values.title "x")
  (eq (int64 .Values.count) 2)
  (lt (int64 .Values.count) 2)
  (ge (int64 .Values.count) (int64 .Values.inner.replicas))
  (and .Values.flag .Values.other)
  (or .Values.flag .Values.other)
  .Values.inner.enabled
  (and .Values.flag (or .Values.other .Values.hosts) (not .Values.name))
  (has "one" .Values.hosts)
  (hasKey .Values.labels "a")
  (eq .Values.title "a")
  (eq .Values.title "b")
  (hasPrefix "h" .Values.title)
  (contains "l" .Values.title)
  (regexMatch "^[a-z]+$" .Values.title)
  (gt (len .Values.hosts) 2)
  (gt (len .Values.title) 2) }}
data:
  {{- if eq .Values.title "x" }}
  a: "1"
  {{- end }}
  {{- if ne .Values.title "x" }}
  b: "1"
  {{- end }}
  {{- if eq (int64 .Values.count) 2 }}
  c: "1"
  {{- end }}
  {{- if lt (int64 .Values.count) 2 }}
  d: "1"
  {{- end }}
  {{- if ge (int64 .Values.count) (int64 .Values.inner.replicas) }}
  e: "1"
  {{- end }}
  {{- if and .Values.flag .Values.other }}
  f: "1"
  {{- end }}
  {{- if or (or .Values.flag .Values.other) .Values.inner.enabled }}
  g: "1"
  {{- end }}
  {{- if and .Values.flag (or .Values.other .Values.hosts) (not .Values.name) }}
  h: "1"
  {{- end }}
  {{- if has "one" .Values.hosts }}
  i: "1"
  {{- end }}
  {{- if hasKey .Values.labels "a" }}
  j: "1"
  {{- end }}
  {{- if or (eq .Values.title "a") (eq .Values.title "b") }}
  k: "1"
  {{- end }}
  {{- if hasPrefix "h" .Values.title }}
  l: "1"
  {{- end }}
  {{- if contains "l" .Values.title }}
  m: "1"
  {{- end }}
  {{- if regexMatch "^[a-z]+$" .Values.title }}
  "n": "1"
  {{- end }}
  {{- if gt (len .Values.hosts) 2 }}
  o: "1"
  {{- end }}
  {{- if gt (len .Values.title) 2 }}
  p: "1"
  {{- end }}
{{- end }}
""",
    ),
    "operations": (
        lambda values, _: config(
            a=b64encode(values.title),
            b=urlquote(values.title),
            c=truncate(values.name, 3),
            d=join(values.hosts, ","),
            e=replace(values.title, "a", "b"),
            f=trim_end(values.title, "lo"),
            g=to_json(values.affinity),
            h=text_digest(values.title),
            i=f"{add(values.count, multiply(values.count, 2))}",
            j=f"{size(values.hosts)}",
            k=when(has_key(values.labels, "a"), lambda: at(values.labels, "a")),
            l=b64encode(f"x:{values.title}"),
            m=urlquote(urlquote(values.title)),
        ),
        r"""
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: a
data:
  a: {{ b64enc .Values.title | quote }}
  b: {{ urlquery .Values.title | replace "+" "%20" | quote }}
  c: "{{ trunc (int 3) .Values.name | trimSuffix "-" }}"
  d: {{ join "," .Values.hosts | quote }}
  e: {{ replace "a" "b" .Values.title | quote }}
  f: {{ trimSuffix "lo" .Values.title | quote }}
  g: {{ mustToJson .Values.affinity | quote }}
  h: "{{ sha256sum .Values.title | trunc 8 }}"
  i: {{ printf "%d" (add (int64 .Values.count) (mul (int64 .Values.count) 2)) | quote }}
  j: {{ printf "%d" (len .Values.hosts) | quote }}
  {{- if hasKey .Values.labels "a" }}
  k: {{ index .Values.labels "a" | quote }}
  {{- end }}
  l: {{ b64enc (printf "x:%s" .Values.title) | quote }}
  m: {{ urlquery (urlquery .Values.title | replace "+" "%20") | replace "+" "%20" | quote }}
""",
    ),
    "a list in an object in a list": (
        lambda values, _: core_v1.PodSpec(
            containers=[], hostAliases=[core_v1.HostAlias(ip="1", hostnames=each(values.hosts, lambda host: host))]
        ),
        r"""
---
hostAliases:
  - ip: "1"
    {{- if .Values.hosts }}
    hostnames:
      {{- range $_, $host := .Values.hosts }}
      - {{ $host | quote }}
      {{- end }}
    {{- end }}
""",
    ),
    "a list in a list": (
        lambda values, _: {"kind": "X", "metadata": {"name": "a"}, "spec": [["a", values.title], ["b"]]},
        r"""
---
kind: X
metadata:
  name: a
spec:
  - - a
    - {{ .Values.title | quote }}
  - - b
""",
    ),
    "keys": (
        lambda values, _: core_v1.ConfigMap(
            metadata=NAMED, data={f"{values.name}.txt": "x", f"{values.title}-k": "y", "yes": "z"}
        ),
        r"""
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: a
data:
  "{{ .Values.name }}.txt": x
  {{ printf "%s-k" .Values.title | quote }}: "y"
  "yes": z
""",
    ),
    "an object that begins with a condition": (
        lambda values, _: server(
            core_v1.Container(
                name="a",
                env=[
                    core_v1.EnvVar(
                        name="A",
                        valueFrom=core_v1.EnvVarSource(
                            secretKeyRef=when(
                                values.flag, core_v1.SecretKeySelector(key="a"), core_v1.SecretKeySelector(key="b")
                            )
                        ),
                    )
                ],
            )
        ),
        r"""
---
apiVersion: v1
kind: Pod
metadata:
  name: a
spec:
  containers:
    - name: a
      env:
        - name: A
          valueFrom:
            secretKeyRef:
              {{- if .Values.flag }}
              key: a
              {{- else }}
              key: b
              {{- end }}
""",
    ),
    "an item that may vanish": (
        lambda values, _: {
            "kind": "X",
            "metadata": {"name": "a"},
            "spec": [{"a": when(values.flag, "x"), "b": when(values.other, "y")}],
        },
        r"""
---
kind: X
metadata:
  name: a
{{- if or .Values.flag .Values.other }}
spec:
  -
    {{- if .Values.flag }}
    a: x
    {{- end }}
    {{- if .Values.other }}
    b: "y"
    {{- end }}
{{- end }}
""",
    ),
    "items with conditions": (
        lambda values, _: {
            "kind": "X",
            "metadata": {"name": "a"},
            "spec": [when(values.flag, {"a": "x"}, {"b": "y"}), when(values.other, ["l"])],
        },
        r"""
---
kind: X
metadata:
  name: a
spec:
  {{- if .Values.flag }}
  - a: x
  {{- else }}
  - b: "y"
  {{- end }}
  {{- if .Values.other }}
  - - l
  {{- end }}
""",
    ),
    "an item that begins with a condition": (
        lambda values, _: {
            "kind": "X",
            "metadata": {"name": "a"},
            "spec": [{"a": when(values.flag, {"x": "1"}, {"y": "1"})}],
        },
        r"""
---
kind: X
metadata:
  name: a
spec:
  - a:
      {{- if .Values.flag }}
      x: "1"
      {{- else }}
      "y": "1"
      {{- end }}
""",
    ),
    "keys that need quotes": (
        lambda values, _: config(**{"a b": "x", "1": "y", "n": "z"}),
        r"""
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: a
data:
  a b: x
  "1": "y"
  "n": z
""",
    ),
    "an integer of two": (
        lambda values, _: core_v1.PodSpec(containers=[], priority=when(values.flag, 1, values.count)),
        r"""
---
priority: {{ if .Values.flag }}1{{ else }}{{ int64 .Values.count }}{{ end }}
""",
    ),
    "booleans with conditions": (
        lambda values, _: core_v1.PodSpec(
            containers=[], hostIPC=when(values.flag, values.other, False), hostPID=when(values.flag, True)
        ),
        r"""
---
hostIPC: {{ if and .Values.flag .Values.other }}true{{ else }}false{{ end }}
{{- if .Values.flag }}
hostPID: true
{{- end }}
""",
    ),
    "an empty object with a condition": (
        lambda values, _: core_v1.Volume(name="x", emptyDir=when(values.flag, core_v1.EmptyDirVolumeSource())),
        r"""
---
name: x
{{- if .Values.flag }}
emptyDir: {}
{{- end }}
""",
    ),
    "nothing at all": (
        lambda values, _: core_v1.PodSpec(containers=[], nodeSelector={}),
        r"""
""",
    ),
    "a block with a condition": (
        lambda values, _: config(a=when(values.flag, "one\ntwo\n", "three\n")),
        r"""
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: a
data:
  {{- if .Values.flag }}
  a: |
    one
    two
  {{- else }}
  a: |
    three
  {{- end }}
""",
    ),
}

FRAGMENTS: dict[str, tuple[Maker, str, str]] = {
    "let": (
        lambda values, release: let(
            full(values, release),
            lambda name: core_v1.ConfigMap(metadata=meta_v1.ObjectMeta(name=name), data={"a": name}),
        ),
        r"""
{{- $name := include "x.full" . }}
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: "{{ $name }}"
data:
  a: "{{ $name }}"
""",
        r"""
{{/* The full name. */}}
{{- define "x.full" -}}
{{ if .Values.name }}{{ .Values.name }}{{ else }}{{ .Release.Name }}-{{ .Chart.Name }}{{ end }}
{{- end }}
""",
    ),
    "fragments below fields": (
        lambda values, _: core_v1.ConfigMap(
            metadata=meta_v1.ObjectMeta(name="a", labels=labels_of(values, "web")), data=maybe(values)
        ),
        r"""
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: a
  labels:
    {{- include "x.labels-of" (dict "root" . "component" "web") | nindent 4 }}
{{- with include "x.maybe" . }}
data:
  {{- . | trimPrefix "\n" | nindent 2 }}
{{- end }}
""",
        r"""
{{/* Labels of an object. */}}
{{- define "x.labels-of" -}}
component: {{ .component | quote }}
{{- with .root.Values.labels }}
{{- mustToYaml . | nindent 0 }}
{{- end }}
{{- end }}

{{/* A map that may be empty. */}}
{{- define "x.maybe" }}
{{- if .Values.flag }}
a: "yes"
{{- end }}
{{- if .Values.name }}
b: "{{ .Values.name }}"
{{- end }}
{{- end }}
""",
    ),
    "fragments that are texts": (
        lambda values, release: config(
            a=full(values, release), b=f"{full(values, release)}-x", c=loud("a"), d=loud(values.title)
        ),
        r"""
{{- $full := include "x.full" . }}
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: a
data:
  a: "{{ $full }}"
  b: "{{ $full }}-x"
  c: {{ include "x.loud" (dict "text" "a") | quote }}
  d: {{ include "x.loud" (dict "text" .Values.title) | quote }}
""",
        r"""
{{/* The full name. */}}
{{- define "x.full" -}}
{{ if .Values.name }}{{ .Values.name }}{{ else }}{{ .Release.Name }}-{{ .Chart.Name }}{{ end }}
{{- end }}

{{- define "x.loud" -}}
{{ .text }}!
{{- end }}
""",
    ),
    "a text that several documents need": (
        lambda values, release: [
            when(values.flag, lambda: config(a=full(values, release))),
            each(values.names, lambda name: config(b=f"{full(values, release)}-{name}")),
        ],
        r"""
{{- $full := include "x.full" . }}
{{- if .Values.flag }}
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: a
data:
  a: "{{ $full }}"
{{- end }}
{{- range $_, $name := .Values.names }}
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: a
data:
  b: "{{ $full }}-{{ $name }}"
{{- end }}
""",
        r"""
{{/* The full name. */}}
{{- define "x.full" -}}
{{ if .Values.name }}{{ .Values.name }}{{ else }}{{ .Release.Name }}-{{ .Chart.Name }}{{ end }}
{{- end }}
""",
    ),
    "fragments as items": (
        lambda values, release: {
            "kind": "X",
            "metadata": NAMED,
            "spec": [tolerant(values), maybe(values), "x"],
        },
        r"""
---
kind: X
metadata:
  name: a
spec:
  - {{- include "x.tolerant" . | nindent 4 }}
  {{- if or .Values.flag .Values.name }}
  -
    {{- with include "x.maybe" . }}
    {{- . | trimPrefix "\n" | nindent 4 }}
    {{- end }}
  {{- end }}
  - x
""",
        r"""
{{/* A map that may be empty. */}}
{{- define "x.maybe" }}
{{- if .Values.flag }}
a: "yes"
{{- end }}
{{- if .Values.name }}
b: "{{ .Values.name }}"
{{- end }}
{{- end }}

{{/* An object that ends with what the user wrote. */}}
{{- define "x.tolerant" -}}
hostname: a
{{- with .Values.tolerations }}
tolerations:
  {{- mustToYaml . | nindent 2 }}
{{- end }}
{{- end }}
""",
    ),
    "a fragment among other entries": (
        lambda values, _: core_v1.ConfigMap(metadata=NAMED, data=union({"own": "x"}, maybe(values))),
        r"""
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: a
data:
  own: x
  {{- with include "x.maybe" . }}
  {{- . | trimPrefix "\n" | nindent 2 }}
  {{- end }}
""",
        r"""
{{/* A map that may be empty. */}}
{{- define "x.maybe" }}
{{- if .Values.flag }}
a: "yes"
{{- end }}
{{- if .Values.name }}
b: "{{ .Values.name }}"
{{- end }}
{{- end }}
""",
    ),
    "fragments in a range get the roots": (
        lambda values, release: each(
            values.names,
            lambda name: core_v1.ConfigMap(
                metadata=meta_v1.ObjectMeta(name=name, labels=labels_of(values, name)),
                data={"f": full(values, release), "l": loud(name)},
            ),
        ),
        r"""
{{- range $_, $name := .Values.names }}
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: "{{ $name }}"
  labels:
    {{- include "x.labels-of" (dict "root" $ "component" $name) | nindent 4 }}
data:
  f: "{{ include "x.full" $ }}"
  l: {{ include "x.loud" (dict "text" $name) | quote }}
{{- end }}
""",
        r"""
{{/* Labels of an object. */}}
{{- define "x.labels-of" -}}
component: {{ .component | quote }}
{{- with .root.Values.labels }}
{{- mustToYaml . | nindent 0 }}
{{- end }}
{{- end }}

{{/* The full name. */}}
{{- define "x.full" -}}
{{ if .Values.name }}{{ .Values.name }}{{ else }}{{ .Release.Name }}-{{ .Chart.Name }}{{ end }}
{{- end }}

{{- define "x.loud" -}}
{{ .text }}!
{{- end }}
""",
    ),
    "constants of fragments": (
        lambda values, _: config(
            a=suffixed("a"), b=suffixed(values.title, sign="x"), c=suffixed(values.title, sign="x", twice=True)
        ),
        r"""
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: a
data:
  a: {{ include "x.suffixed" (dict "text" "a") | quote }}
  b: {{ include "x.suffixed-x" (dict "text" .Values.title) | quote }}
  c: {{ include "x.suffixed-x-twice" (dict "text" .Values.title) | quote }}
""",
        r"""
{{/* With a suffix. */}}
{{- define "x.suffixed" -}}
{{ .text }}
{{- end }}

{{/* With a suffix. */}}
{{- define "x.suffixed-x" -}}
{{ .text }}x
{{- end }}

{{/* With a suffix. */}}
{{- define "x.suffixed-x-twice" -}}
{{ .text }}xx
{{- end }}
""",
    ),
    "a fragment that is a list": (
        lambda values, _: server(
            core_v1.Container(name="a", env=[core_v1.EnvVar(name="X", value="y"), *items_of_env(values)]),
            core_v1.Container(name="b", env=items_of_env(values)),
        ),
        r"""
---
apiVersion: v1
kind: Pod
metadata:
  name: a
spec:
  containers:
    - name: a
      env:
        - name: X
          value: "y"
        {{- with include "x.items-of-env" . }}
        {{- . | trimPrefix "\n" | nindent 8 }}
        {{- end }}
    - name: b
      {{- with include "x.items-of-env" . }}
      env:
        {{- . | trimPrefix "\n" | nindent 8 }}
      {{- end }}
""",
        r"""
{{/* Environment. */}}
{{- define "x.items-of-env" }}
{{- range $name, $value := .Values.env }}
- name: {{ $name | quote }}
  {{- if kindIs "string" $value }}
  value: {{ $value | quote }}
  {{- else }}
  {{- with $value }}
  valueFrom:
    {{- mustToYaml . | nindent 4 }}
  {{- end }}
  {{- end }}
{{- end }}
{{- end }}
""",
    ),
    "a fragment of lines": (
        lambda values, _: config(script=script(values)),
        r"""
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: a
data:
  script: {{- include "x.script" . | trimPrefix "\n" | mustToYaml | nindent 4 }}
""",
        r"""
{{/* A script. */}}
{{- define "x.script" }}
# head
{{ "" }}
title={{ .Values.title }}
{{ " indented" }}
{{- if .Values.flag }}
flag
one
{{- if .Values.other }}
two
{{- end }}
{{- else }}
none
{{- end }}
{{- range $_, $host := .Values.hosts }}
host {{ $host }}
{{- end }}
{{ "end {{ }}" }}
{{- end }}
""",
    ),
    "the digest of lines": (
        lambda values, _: config(d=text_digest(script(values), 12)),
        r"""
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: a
data:
  d: "{{ sha256sum (include "x.script" . | trimPrefix "\n") | trunc 12 }}"
""",
        r"""
{{/* A script. */}}
{{- define "x.script" }}
# head
{{ "" }}
title={{ .Values.title }}
{{ " indented" }}
{{- if .Values.flag }}
flag
one
{{- if .Values.other }}
two
{{- end }}
{{- else }}
none
{{- end }}
{{- range $_, $host := .Values.hosts }}
host {{ $host }}
{{- end }}
{{ "end {{ }}" }}
{{- end }}
""",
    ),
    "digests": (
        lambda values, _: config(d=digest(labels_of(values, "web"), 16)),
        r"""
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: a
data:
  d: "{{ print (include "x.labels-of" (dict "root" . "component" "web")) "\n" | fromYaml | toJson | sha256sum | trunc 16 }}"
""",
        r"""
{{/* Labels of an object. */}}
{{- define "x.labels-of" -}}
component: {{ .component | quote }}
{{- with .root.Values.labels }}
{{- mustToYaml . | nindent 0 }}
{{- end }}
{{- end }}
""",
    ),
    "JSON": (
        lambda values, _: config(d=json_text(labels_of(values, "web"))),
        r"""
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: a
data:
  d: {{- print (include "x.labels-of" (dict "root" . "component" "web")) "\n" | fromYaml | toPrettyJson | mustToYaml | nindent 4 }}
""",
        r"""
{{/* Labels of an object. */}}
{{- define "x.labels-of" -}}
component: {{ .component | quote }}
{{- with .root.Values.labels }}
{{- mustToYaml . | nindent 0 }}
{{- end }}
{{- end }}
""",
    ),
    "a digest in a range": (
        lambda values, _: each(
            values.names,
            lambda name: core_v1.ConfigMap(
                metadata=meta_v1.ObjectMeta(name=name), data={"d": digest(labels_of(values, name))}
            ),
        ),
        r"""
{{- range $_, $name := .Values.names }}
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: "{{ $name }}"
data:
  d: "{{ print (include "x.labels-of" (dict "root" $ "component" $name)) "\n" | fromYaml | toJson | sha256sum | trunc 8 }}"
{{- end }}
""",
        r"""
{{/* Labels of an object. */}}
{{- define "x.labels-of" -}}
component: {{ .component | quote }}
{{- with .root.Values.labels }}
{{- mustToYaml . | nindent 0 }}
{{- end }}
{{- end }}
""",
    ),
}


@pytest.mark.parametrize(("maker", "text"), PRINTED.values(), ids=PRINTED)
def test_a_template_has_exactly_this_text(maker: Maker, text: str) -> None:
    assert "\n" + printed(maker) == text


@pytest.mark.parametrize(("maker", "text", "templates"), FRAGMENTS.values(), ids=FRAGMENTS)
def test_fragments_are_named_templates_with_exactly_this_text(maker: Maker, text: str, templates: str) -> None:
    assert "\n" + printed(maker) == text
    assert "\n" + defined(maker) == templates


def test_a_list_of_loops_inside_a_list_is_refused_with_its_line() -> None:
    nested: Maker = lambda values, _: {"kind": "X", "spec": [each(values.hosts, lambda host: host)]}  # noqa: E731
    with pytest.raises(ChartError, match=r"a list inside a list is not printed; .*\(helm/test_templates\.py:\d+\)"):
        template_files(recorded(nested))


def test_a_list_whose_items_may_all_vanish_must_be_a_fragment() -> None:
    maybe_empty: Maker = lambda values, _: {  # noqa: E731
        "kind": "X",
        "spec": each(values.hosts, lambda host: when(host == "a", host)),
    }
    with pytest.raises(ChartError, match=r"`spec:` may be left empty: build its items in a @fragment"):
        template_files(recorded(maybe_empty))


@pytest.mark.parametrize("text", ["one\n two \nthree", "\none\ntwo", "one\n\n"])
def test_a_block_that_yaml_would_change_is_refused(text: str) -> None:
    with pytest.raises(ChartError, match="has spaces or line breaks at an end, which a block cannot hold"):
        template_files(recorded(lambda _values, _release: config(a=text)))


@pytest.mark.parametrize("text", ["a: b", "a:", "a: b: c", "a #b", "- a"])
def test_a_constant_with_a_colon_is_quoted(text: str) -> None:
    assert f'  a: "{text}"\n' in printed(lambda _values, _release: config(a=text, b=""))


def test_the_digest_of_a_fragment_that_vanished_is_the_one_of_nothing() -> None:
    assert "digest" in printed(lambda values, _: config(digest=digest(maybe(values))))


def test_fragments_of_two_files_never_share_a_template_file() -> None:
    found = recorded(lambda values, _: config(a=loud(values.title)))
    elsewhere = dataclasses.replace(found.fragments["loud"], name="other", file="elsewhere/test_templates.py")
    both = dataclasses.replace(found, fragments={**found.fragments, "other": elsewhere})
    with pytest.raises(ChartError, match=r"_test-templates\.tpl would hold the fragments of two files, one of them"):
        template_files(both)
