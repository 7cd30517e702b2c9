"""The command line: what it prints where, its exit codes, and how it refuses."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import helm_python
import pytest
import typer
from typer.testing import CliRunner, Result

from airflow_charts.call import manifests
from airflow_charts.checks import defaults, load
from airflow_charts.cli.main import app, run
from airflow_charts.derived.picture import arrows
from airflow_charts.errors import AirflowChartsError
from airflow_charts.helm.chart import chart_files
from airflow_charts.reading.goyaml import parse, parse_all
from airflow_charts.release import Release
from airflow_charts.values import Values
from airflow_charts.values.schema import schema_of

ROOT = Path(__file__).parents[2]
PROGRAM = Path(sys.executable).parent / "airflow-charts"
RELEASE = Release("airflow", "default")
SCHEDULER = "airflow-scheduler"


def invoke(*arguments: str, stdin: str | None = None) -> Result:
    """The outcome of a command that is expected to be done."""
    result = CliRunner().invoke(app, arguments, input=stdin, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    assert result.stderr == ""
    return result


def output(*arguments: str, stdin: str | None = None) -> str:
    return invoke(*arguments, stdin=stdin).stdout


def objects(*arguments: str, stdin: str | None = None) -> list[Any]:
    return list(parse_all(output("template", *arguments, stdin=stdin)))


def refused(*arguments: str, stdin: str | None = None) -> str:
    """The message of a command that is refused."""
    with pytest.raises(AirflowChartsError) as caught:
        CliRunner().invoke(app, arguments, input=stdin, catch_exceptions=False)
    return str(caught.value)


def whole(*arguments: str, stdin: str = "", cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """A run as a process of its own."""
    command = [str(PROGRAM), *arguments]
    return subprocess.run(command, cwd=cwd, input=stdin, capture_output=True, text=True, timeout=60, check=False)


def replicas(documents: list[Any]) -> int:
    [deployment] = [one for one in documents if (one["kind"], one["metadata"]["name"]) == ("Deployment", SCHEDULER)]
    found: int = deployment["spec"]["replicas"]
    return found


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["validate"], 0, "the values are valid"),
        (
            ["validate", "--set", "scheduler.pod.env.AIRFLOW_HOME=/x"],
            1,
            "scheduler.pod.env.AIRFLOW_HOME: the chart sets it",
        ),
        (["validate", "--set", "config.core.fernet_key=x"], 1, "config.core.fernet_key: the chart sets it"),
        (["validate", "--set", "secrets.generate=false"], 1, "secrets.fernetKey.existingSecret: is empty"),
        (["graph"], 0, "postgresql[postgresql]"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_command_alone_knows_all_components(arguments: list[str], code: int, said: str) -> None:
    done = whole(*arguments)
    assert (done.returncode, said in done.stdout + done.stderr) == (code, True), done


# --- template --------------------------------------------------------------------------------------------------------


def test_template_prints_the_call() -> None:
    assert objects() == manifests({}, RELEASE)
    assert objects("etl", "-n", "data") == manifests({}, Release("etl", "data"))


def test_later_files_win_and_set_wins_over_files(tmp_path: Path) -> None:
    first, second = tmp_path / "first.yaml", tmp_path / "second.yaml"
    first.write_text("scheduler: {replicas: 2}\ntriggerer: {replicas: 3}\n")
    second.write_text("scheduler: {replicas: 4}\n")
    both = manifests({"scheduler": {"replicas": 4}, "triggerer": {"replicas": 3}}, RELEASE)
    assert objects("-f", str(first), "-f", str(second)) == both
    assert replicas(objects("-f", str(second), "-f", str(first))) == 2
    assert replicas(objects("-f", str(second), "--set", "scheduler.replicas=5")) == 5
    assert replicas(objects("--set", "scheduler.replicas=5", "-f", str(second))) == 5
    assert replicas(objects("--set", "scheduler.replicas=5,triggerer.replicas=1", "--set", "scheduler.replicas=6")) == 6


def test_values_come_from_standard_input(tmp_path: Path) -> None:
    file = tmp_path / "values.yaml"
    file.write_text("scheduler: {replicas: 2}\n")
    assert replicas(objects("-f", "-", stdin="scheduler: {replicas: 3}\n")) == 3
    assert replicas(objects("-f", str(file), "-f", "-", stdin="scheduler: {replicas: 3}\n")) == 3
    assert replicas(objects("-f", "-", "-f", str(file), stdin="scheduler: {replicas: 3}\n")) == 2


def test_set_string_keeps_numbers_texts() -> None:
    text = output("template", "--set-string", "airflowPods.env.NUMBER=012,airflowPods.env.FLAG=true", "-s", "scheduler")
    assert "value: '012'" in text or 'value: "012"' in text
    assert "scheduler.replicas: must be an integer" in refused("template", "--set-string", "scheduler.replicas=2")


def test_show_only_prints_the_named_parts() -> None:
    kinds = {(one["kind"], one["metadata"]["name"]) for one in objects("--show-only", "dag-processor", "-s", "redis")}
    assert {name for _, name in kinds} == {
        *("airflow-dag-processor", "airflow-redis", "airflow-redis-data"),
    }
    assert objects("-s", "dag_processor") == objects("-s", "dag-processor")


def test_an_unknown_part_is_refused_with_the_known_ones() -> None:
    message = refused("template", "-s", "schedular")
    assert message.startswith("there is no part `schedular`; the parts are credentials, config, ")
    assert "scheduler" in message


def test_output_dir_holds_one_file_for_each_object(tmp_path: Path) -> None:
    folder = tmp_path / "deep/out"
    result = CliRunner().invoke(app, ["template", "--output-dir", str(folder)], catch_exceptions=False)
    assert result.exit_code == 0
    assert result.stdout == ""
    expected = manifests({}, RELEASE)
    assert result.stderr == f"wrote {len(expected)} objects to {folder}\n"
    files = {path.name: parse(path.read_text()).data for path in folder.iterdir()}
    assert len(files) == len(expected)
    for manifest in expected:
        assert files[f"{manifest['kind'].lower()}-{manifest['metadata']['name']}.yaml"] == manifest


def test_output_dir_cannot_leave_its_folder(tmp_path: Path) -> None:
    name = "../../escaped"
    manifest = f"{{apiVersion: v1, kind: ConfigMap, metadata: {{name: {name}}}}}"
    folder = tmp_path / "a/b/out"
    CliRunner().invoke(app, ["template", "-f", "-", "--output-dir", str(folder)], input=f"extraManifests: [{manifest}]")
    assert [path for path in tmp_path.rglob("*escaped*") if folder not in path.parents] == []


def test_objects_of_two_groups_or_namespaces_do_not_overwrite_each_other(tmp_path: Path) -> None:
    user = """
extraManifests:
- {apiVersion: v1, kind: ConfigMap, metadata: {name: same, namespace: a}}
- {apiVersion: v1, kind: ConfigMap, metadata: {name: same, namespace: b}}
"""
    CliRunner().invoke(app, ["template", "-f", "-", "--output-dir", str(tmp_path)], input=user, catch_exceptions=False)
    assert len(list(tmp_path.iterdir())) == len(manifests({}, RELEASE)) + 2


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = whole("template", "--output-dir", str(tmp_path / "file/out"))
    assert done.returncode == 1
    assert done.stderr.startswith("error: ")
    assert "Traceback" not in done.stderr


# --- refusals --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["Airflow", "a_b", "-a", "a" * 54])
def test_a_bad_release_name_is_refused(name: str) -> None:
    message = refused("template", "--", name)
    assert message.startswith(f"'{name}' is no valid release name: use lower case letters, digits and hyphens")


def test_a_bad_namespace_is_refused() -> None:
    assert "'data_lake' is no valid namespace name" in refused("template", "-n", "data_lake")


def test_bad_yaml_is_refused_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "values.yaml"
    file.write_text("scheduler:\n  replicas: 2\n bad: [\n")
    assert f"{file}:3: " in refused("validate", "-f", str(file))


def test_bad_yaml_on_standard_input_is_refused_with_its_line() -> None:
    assert "-:3: " in refused("validate", "-f", "-", stdin="a: 1\nb: [\n")


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "missing.yaml"
    assert refused("validate", "-f", str(file)) == f"{file}: cannot be read: No such file or directory"


def test_a_file_without_a_mapping_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "values.yaml"
    file.write_text("- a\n")
    assert refused("validate", "-f", str(file)).startswith(f"{file}:1: a values file is a mapping")


def test_an_unknown_value_is_refused_with_a_close_one() -> None:
    assert refused("validate", "--set", "schedulr.replicas=1").splitlines()[0] == (
        "there is no value `schedulr`; did you mean `scheduler`?"
    )
    assert refused("validate", "--set", "scheduler.replica=1") == (
        "scheduler: there is no value `replica`; did you mean `replicas`?"
    )


def test_every_problem_is_reported_at_once() -> None:
    lines = refused(
        "validate", "--set", "scheduler.replicas=x,triggerer.replicas=-1,airflowVersion=latest"
    ).splitlines()
    assert len(lines) == 3
    assert [line.partition(":")[0] for line in lines] == ["airflowVersion", "scheduler.replicas", "triggerer.replicas"]


def test_a_refusal_names_the_line_of_the_file_that_set_the_value_last(tmp_path: Path) -> None:
    first, second = tmp_path / "first.yaml", tmp_path / "second.yaml"
    first.write_text("scheduler:\n  replicas: x\ntriggerer:\n  replicas: y\n")
    second.write_text("# more\nscheduler:\n\n  replicas: z\n")
    for command in (["validate"], ["template"], ["graph"], ["up", "--name", "never"]):
        assert refused(*command, "-f", str(first), "-f", str(second)).splitlines() == [
            f"{second}:4: scheduler.replicas: must be an integer",
            f"{first}:4: triggerer.replicas: must be an integer",
        ]
    assert refused("validate", "-f", str(second), "-f", str(first)).startswith(f"{first}:2: scheduler.replicas: ")
    assert refused("validate", "-f", "-", stdin=first.read_text()).startswith("-:2: scheduler.replicas: ")
    assert refused("validate", "-f", str(first), "--set", "scheduler.replicas=x,triggerer.replicas=1") == (
        f"{first}:2: scheduler.replicas: must be an integer"
    )
    assert refused("validate", "-f", str(first), "--set", "scheduler.replicas=1,triggerer.replicas=w") == (
        "triggerer.replicas: must be an integer"
    )


def test_a_broken_rule_names_the_line_of_its_value(tmp_path: Path) -> None:
    file = tmp_path / "values.yaml"
    file.write_text("scheduler:\n  pod:\n    env:\n      AIRFLOW_HOME: /x\npostgresql: {enabled: false}\n")
    lines = refused("validate", "-f", str(file)).splitlines()
    assert f"{file}:4: scheduler.pod.env.AIRFLOW_HOME: the chart sets it; use an image of your own" in lines
    assert [line for line in lines if line.startswith("database.host: ")], "no file has it"


def test_one_problem_is_one_line() -> None:
    assert refused("validate", "--set", "workers.sets.big=7").splitlines() == ["workers.sets.big: must be a mapping"]


def test_broken_rules_are_reported_at_once() -> None:
    lines = refused("validate", "--set", "flower.enabled=true,executors={LocalExecutor},postgresql.enabled=false")
    assert len(lines.splitlines()) >= 2
    assert "flower.enabled: Flower shows Celery; set it to false" in lines


SECRET = "s3cr3t-Passw0rd"
LEAKS = {
    "a secret of a wrong type": f"database: {{password: {{value: [{SECRET}]}}}}",
    "a secret in a wrong place": f"database: {{password: {SECRET}}}",
    "a secret under a wrong name": f"database: {{password: {{valeu: {SECRET}}}}}",
    "a secret in a name of a Secret": f"database: {{password: {{existingSecret: {SECRET}_}}}}",
    "a secret with a control character": f'secrets: {{fernetKey: {{value: "{SECRET}\\u0007"}}}}',
    "a secret twice": f"secrets: {{fernetKey: {{value: {SECRET}, existingSecret: a}}}}",
    "a secret in config": f"config: {{smtp: {{smtp_password: {SECRET}}}}}",
    "a secret of an environment": f"pods: {{env: {{PGPASSWORD: {SECRET}}}}}",
    "a secret as a number of an environment": f"pods: {{env: {{A: [{SECRET}]}}}}",
    "a secret in broken YAML": f"database: {{password: {{value: {SECRET}]",
    "a secret in YAML with a tab": f"a: {SECRET}\n\tb: {SECRET}",
    "a secret in an alias": f"a: *{SECRET}",
    "a secret in place of everything": SECRET,
}


@pytest.mark.parametrize("user", LEAKS.values(), ids=LEAKS)
def test_a_refusal_never_shows_a_secret(user: str) -> None:
    assert SECRET not in refused("validate", "-f", "-", stdin=user)


@pytest.mark.parametrize(
    "expression",
    [
        f"database.password={SECRET}",
        f"database.password.value.x={SECRET}",
        f"a={{{SECRET}",
    ],
)
def test_a_refusal_of_set_never_shows_a_secret(expression: str) -> None:
    assert SECRET not in refused("validate", "--set", expression)


# --- values, explain, schema, graph ----------------------------------------------------------------------------------


def test_values_prints_the_defaults_with_comments() -> None:
    assert output("values") == (ROOT / "charts/airflow/values.yaml").read_text()


def test_values_prints_one_section() -> None:
    text = output("values", "images.airflow")
    assert text.startswith("# ")
    assert parse(text).data == {"airflow": defaults()["images"]["airflow"]}
    assert "\n  # The tag." in text or "  repository: apache/airflow\n" in text


def test_values_prints_one_value() -> None:
    text = output("values", "scheduler.replicas")
    assert parse(text).data == {"replicas": 1}
    assert text.startswith("# The number of pods.\n")


def test_a_misspelt_section_is_refused_with_a_close_one() -> None:
    assert refused("values", "image.airflow") == "there is no value `image.airflow`; did you mean `images`?"
    assert refused("explain", "scheduler.replica") == (
        "there is no value `scheduler.replica`; did you mean `scheduler.replicas`?"
    )
    assert refused("explain", "zzz") == "there is no value `zzz`"


def test_explain_shows_what_a_value_is_and_reaches() -> None:
    lines = output("explain", "scheduler.replicas").splitlines()
    assert lines[:5] == [
        "scheduler.replicas",
        "  The number of pods.",
        "",
        "type:     integer from 0 to 2147483647",
        "default:  1",
    ]
    reached = lines[lines.index("reaches:") + 1 :]
    assert "  Deployment *-scheduler: spec.replicas" in reached
    assert "  PodDisruptionBudget *-scheduler: whether it exists" in reached
    assert not [line for line in reached if "triggerer" in line]


def test_explain_shows_a_section() -> None:
    lines = output("explain", "webserver.ingress").splitlines()
    assert "type:     section Ingress" in lines
    assert "  Ingress *-webserver: whether it exists" in lines
    assert "  Ingress *-webserver: spec.ingressClassName" in lines


def test_explain_shows_the_default_of_a_section_below_its_title() -> None:
    lines = output("explain", "webserver.ingress").splitlines()
    assert lines[lines.index("default:") + 1] == "  enabled: false"


def test_explain_knows_every_value_that_is_shared() -> None:
    reached = output("explain", "pods.nodeSelector")
    for kind in ("Deployment *-scheduler", "StatefulSet *-postgresql", "Job *-migrations-*"):
        assert f"{kind}: spec.template.spec.nodeSelector" in reached, kind


def test_schema_prints_the_chart_schema_and_the_one_for_editors() -> None:
    assert json.loads(output("schema")) == json.loads((ROOT / "charts/airflow/values.schema.json").read_text())
    assert json.loads(output("schema", "--editor")) == schema_of(Values, editor=True)


def test_graph_draws_every_edge_as_mermaid() -> None:
    lines = output("graph").splitlines()
    assert lines[0] == "flowchart LR"
    assert len(lines) - 1 == len(arrows(load({})))
    assert "  webserver[webserver] -->|5432| postgresql[postgresql]" in lines
    external = output("graph", "--set", "database.host=db,resultBackend.host=db,postgresql.enabled=false")
    assert "-->|5432| external_database[external database]" in external
    assert "postgresql" not in external


@pytest.mark.parametrize(
    "user", [{}, {"executors": ["LocalExecutor", "KubernetesExecutor"], "redis": {"enabled": False}}]
)
def test_graph_draws_every_edge_as_svg(user: dict[str, Any]) -> None:
    picture = ET.fromstring(output("graph", "-o", "svg", "-f", "-", stdin=json.dumps(user)))  # noqa: S314
    space = {"s": "http://www.w3.org/2000/svg"}
    titles = [node.text for node in picture.iterfind("s:path/s:title", space)]
    expected = arrows(load(user))
    assert titles == [f"{one.source} to {one.target}, port {one.port or 'any'}: {one.why}" for one in expected]
    boxes = [str(node.text) for node in picture.iterfind("s:text", space)]
    assert sorted(boxes) == sorted({end for one in expected for end in (one.source, one.target)})
    _, _, width, height = map(int, picture.attrib["viewBox"].split())
    for box in picture.iterfind("s:rect[@x]", space):
        place = {key: int(box.attrib[key]) for key in ("x", "y", "width", "height")}
        assert 0 <= place["x"] <= width - place["width"]
        assert 0 <= place["y"] <= height - place["height"]


# --- chart -----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("chart") / "airflow"
    assert output("chart", "build", str(folder)) == f"wrote {folder}\n"
    return folder


def test_chart_build_writes_the_committed_chart(built: Path) -> None:
    files = {path.relative_to(built).as_posix(): path.read_text() for path in built.rglob("*") if path.is_file()}
    assert files == chart_files()


def test_chart_check_is_content_with_it(built: Path) -> None:
    assert output("chart", "check", str(built)) == f"{built} is up to date, and helm lint has nothing to say\n"


@pytest.mark.parametrize("drift", ["changed", "missing", "added"])
def test_chart_check_finds_drift(tmp_path: Path, drift: str) -> None:
    folder = tmp_path / "airflow"
    output("chart", "build", str(folder))
    changes: dict[str, tuple[str, Callable[[Path], object]]] = {
        "changed": ("values.yaml", lambda path: path.write_text(path.read_text() + "\n")),
        "missing": ("templates/scheduler.yaml", lambda path: path.unlink()),
        "added": ("templates/mine.yaml", lambda path: path.write_text("a: b\n")),
    }
    name, change = changes[drift]
    change(folder / name)
    message = refused("chart", "check", str(folder))
    assert message == f"{folder} is not what the code makes ({name}); run airflow-charts chart build"


def test_chart_build_removes_what_an_earlier_chart_had(tmp_path: Path) -> None:
    folder = tmp_path / "airflow"
    output("chart", "build", str(folder))
    old = folder / "templates/old.yaml"
    old.write_text("a: b\n")
    output("chart", "build", str(folder))
    assert not old.exists()


def test_chart_build_spares_a_folder_that_is_no_chart(tmp_path: Path) -> None:
    mine = tmp_path / "thesis.txt"
    mine.write_text("years of work")
    CliRunner().invoke(app, ["chart", "build", str(tmp_path)])
    assert mine.exists()


def test_chart_package_is_reproducible_and_renders(built: Path, tmp_path: Path) -> None:
    archives = []
    for name in ("one", "two"):
        folder = tmp_path / name
        archives.append(Path(output("chart", "package", str(built), "-d", str(folder)).strip()))
        time.sleep(1.1)
    assert archives[0].name == archives[1].name == "airflow-0.1.0.tgz"
    assert archives[0].read_bytes() == archives[1].read_bytes()
    files = helm_python.Chart.load_archive(archives[0].read_bytes()).render({}, name="airflow", namespace="default")
    rendered = [one for name, text in files.items() if not name.endswith("NOTES.txt") for one in parse_all(text)]
    key: Callable[[Any], tuple[str, str]] = lambda one: (one["kind"], one["metadata"]["name"])  # noqa: E731
    assert sorted(rendered, key=key) == sorted(manifests({}, RELEASE), key=key)


def test_chart_package_of_no_chart_is_refused(tmp_path: Path) -> None:
    assert refused("chart", "package", str(tmp_path)) == f"{tmp_path} holds no chart; run airflow-charts chart build"


# --- as a process ----------------------------------------------------------------------------------------------------


def test_done_is_0_and_manifests_go_to_standard_output() -> None:
    done = whole("template", "-s", "scheduler")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("apiVersion") or done.stdout.startswith("---")
    assert "\x1b[" not in done.stdout


def test_a_refusal_is_1_and_goes_to_standard_error() -> None:
    done = whole("template", "-f", "-", stdin="scheduler: {replica: 1}")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "error: -:1: scheduler: there is no value `replica`; did you mean `replicas`?\n"


@pytest.mark.parametrize("arguments", [("templat",), ("template", "--bogus"), ("explain",), ("graph", "-o", "png")])
def test_wrong_usage_is_2_and_goes_to_standard_error(arguments: tuple[str, ...]) -> None:
    done = whole(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert "Usage: airflow-charts" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_pipe_that_closes_early_leaves_no_traceback() -> None:
    command = f"'{PROGRAM}' template | head -n 1"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout.count("\n") == 1
    assert done.stderr == ""


def test_a_process_prints_what_the_call_says() -> None:
    done = whole("template", "etl", "-n", "data", "-f", "examples/production-celery.yaml")
    user = parse((ROOT / "examples/production-celery.yaml").read_text()).data
    assert list(parse_all(done.stdout)) == manifests(user, Release("etl", "data"))


def commands(group: typer.Typer) -> list[tuple[str, ...]]:
    own = [(str(command.name or getattr(command.callback, "__name__", "")),) for command in group.registered_commands]
    inner = [
        (str(part.name), *command)
        for part in group.registered_groups
        if part.typer_instance
        for command in commands(part.typer_instance)
    ]
    return [(), *own, *inner]


@pytest.mark.parametrize("command", commands(app), ids=" ".join)
def test_every_command_has_help(command: tuple[str, ...]) -> None:
    text = output(*command, "--help")
    assert " ".join(["Usage:", "airflow-charts", *command]).strip() in " ".join(text.split())


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys\n"
        "sys.argv = ['airflow-charts', '--help']\n"
        "from airflow_charts.cli.main import run\n"
        "try:\n    run()\nexcept SystemExit:\n    pass\n"
        "heavy = {'lightkube', 'pydantic', 'msgspec', 'jsonschema_rs', 'yaml', 'helm_python', 'httpx', 'httpx2'}\n"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert "Usage:" in done.stdout
    assert done.stderr == "[]\n"


def test_help_is_fast() -> None:
    times = []
    for _ in range(3):
        begin = time.perf_counter()
        assert whole("--help").returncode == 0
        times.append(time.perf_counter() - begin)
    assert min(times) < 1.5, "0.3 s on a quiet machine"


def test_errors_become_lines_on_standard_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["airflow-charts", "explain", "zzz"])
    with pytest.raises(SystemExit) as caught:
        run()
    assert caught.value.code == 1
    assert capsys.readouterr() == ("", "error: there is no value `zzz`\n")
