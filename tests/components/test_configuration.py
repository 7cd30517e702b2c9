"""The ConfigMaps that all components share. The options of airflow.cfg stand in the tables of `tests/facts`."""

from __future__ import annotations

from typing import Any

from deployed import Object, deployed, environment, main_of, objects, pod_of


def config_map(suffix: str, **values: Any) -> Object:
    """A ConfigMap of the configuration."""
    [found] = [item for item in objects("ConfigMap", "config", **values) if item["metadata"]["name"].endswith(suffix)]
    return found


def test_users_options_stand_in_their_section_behind_the_charts() -> None:
    text = config_map("-config", config={"core": {"default_timezone": "Europe/Berlin"}})["data"]["airflow.cfg"]
    core = text.partition("[core]\n")[2].partition("\n[")[0].splitlines()
    assert core[0] == "executor = CeleryExecutor"
    assert "default_timezone = Europe/Berlin" in core
    assert text.count("[core]") == 1


def test_a_percent_sign_and_a_line_break_reach_airflow_as_they_are() -> None:
    text = config_map("-config", config={"email": {"subject": "100%\nsure"}})["data"]["airflow.cfg"]
    assert "[email]\nsubject = 100%%\n    sure\n" in text


def test_plugins_have_a_folder_of_their_own() -> None:
    assert [item["metadata"]["name"] for item in objects("ConfigMap", "config")] == [
        "etl-airflow-config",
        "etl-airflow-scripts",
    ]
    plugins = {"plugin.py": "X = 1\n"}
    assert config_map("-plugins", plugins=plugins)["data"] == plugins
    [deployment] = objects("Deployment", "scheduler", plugins=plugins)
    assert {"name": "plugins", "configMap": {"name": "etl-airflow-plugins"}} in pod_of(deployment)["volumes"]
    assert {"name": "plugins", "mountPath": "/etc/airflow-plugins", "readOnly": True} in main_of(deployment)[
        "volumeMounts"
    ]


def test_local_settings_are_found_by_python() -> None:
    text = "def task_policy(task): ...\n"
    assert config_map("-config", airflowLocalSettings=text)["data"]["airflow_local_settings.py"] == text
    [deployment] = objects("Deployment", "scheduler", airflowLocalSettings=text)
    assert environment(main_of(deployment))["PYTHONPATH"] == "/etc/airflow"


def test_users_objects_are_passed_on_as_they_are() -> None:
    own = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "mine"}, "data": {"a": "{{ not a template }}"}}
    assert deployed({"extraManifests": [own]})[-1] == own
