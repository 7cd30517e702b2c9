"""The webserver: a Deployment, a Service, an Ingress if asked for, and the Secret with its settings."""

from __future__ import annotations

import pytest
from deployed import AIRFLOW_2, environment, main_of, objects, pod_of

FEW = {"revisionHistoryLimit": 1}


def test_a_new_pod_is_ready_before_an_old_one_goes() -> None:
    [deployment] = objects("Deployment", "webserver")
    assert deployment["spec"]["strategy"] == {
        "type": "RollingUpdate",
        "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0},
    }


def test_five_old_versions_stay_for_a_roll_back() -> None:
    [usual], [few] = objects("Deployment", "webserver"), objects("Deployment", "webserver", pods=FEW)
    assert (usual["spec"]["revisionHistoryLimit"], few["spec"]["revisionHistoryLimit"]) == (5, 1)


def test_the_users_may_choose_another_strategy() -> None:
    [deployment] = objects("Deployment", "webserver", webserver={"strategy": {"type": "Recreate"}})
    assert deployment["spec"]["strategy"] == {"type": "Recreate"}


def test_the_service_leads_to_its_pods_and_says_that_it_speaks_http() -> None:
    [deployment] = objects("Deployment", "webserver")
    [service] = objects("Service", "webserver", webserver={"service": {"port": 80, "type": "LoadBalancer"}})
    assert service["metadata"]["name"] == "etl-airflow-webserver"
    assert service["spec"]["type"] == "LoadBalancer"
    assert service["spec"]["selector"] == deployment["spec"]["selector"]["matchLabels"]
    assert service["spec"]["ports"] == [
        {"name": "http", "port": 80, "targetPort": 8080, "protocol": "TCP", "appProtocol": "http"}
    ]
    assert [port["containerPort"] for port in main_of(deployment)["ports"]] == [8080]


def test_without_an_ingress_forwarded_headers_are_not_believed() -> None:
    [deployment] = objects("Deployment", "webserver")
    assert main_of(deployment)["args"] == ["airflow", "api-server"]
    assert "FORWARDED_ALLOW_IPS" not in environment(main_of(deployment))
    assert objects("Ingress", "webserver") == []


def test_behind_an_ingress_forwarded_headers_are_believed() -> None:
    [deployment] = objects("Deployment", "webserver", webserver={"ingress": {"enabled": True}})
    assert main_of(deployment)["args"] == ["airflow", "api-server", "--proxy-headers"]
    assert environment(main_of(deployment))["FORWARDED_ALLOW_IPS"] == "*"


def test_airflow_2_starts_its_own_webserver() -> None:
    [deployment] = objects("Deployment", "webserver", airflowVersion=AIRFLOW_2)
    assert main_of(deployment)["args"][:2] == ["airflow", "webserver"]


@pytest.mark.parametrize(("version", "warm"), [("3.3.2", "/execution/health"), (AIRFLOW_2, "/health")])
def test_its_start_ends_with_the_first_request_that_takes_seconds(version: str, warm: str) -> None:
    [deployment] = objects("Deployment", "webserver", airflowVersion=version, webserver={"path": "/data"})
    assert main_of(deployment)["startupProbe"]["httpGet"] == {"path": f"/data{warm}", "port": "http"}


def test_a_probe_can_be_switched_off() -> None:
    [deployment] = objects("Deployment", "webserver", webserver={"livenessProbe": {"enabled": False}})
    assert "livenessProbe" not in main_of(deployment)
    assert "readinessProbe" in main_of(deployment)


def test_how_users_log_in_is_a_secret_and_mounted_beside_the_configuration() -> None:
    [secret] = objects("Secret", "webserver", webserver={"config": "AUTH_TYPE = 1\n"})
    assert secret["type"] == "Opaque"
    assert secret["stringData"] == {"webserver_config.py": "AUTH_TYPE = 1\n"}
    [deployment] = objects("Deployment", "webserver")
    [config] = [volume for volume in pod_of(deployment)["volumes"] if volume["name"] == "config"]
    assert config["projected"]["sources"] == [
        {"configMap": {"name": "etl-airflow-config"}},
        {"secret": {"name": "etl-airflow-webserver-config"}},
    ]


def test_it_restarts_when_the_way_to_log_in_changes() -> None:
    [before], [after] = (objects("Deployment", "webserver", webserver={"config": text}) for text in ("A = 1", "A = 2"))
    found = [item["spec"]["template"]["metadata"]["annotations"] for item in (before, after)]
    assert found[0].keys() == found[1].keys()
    assert {key for key in found[0] if found[0][key] != found[1][key]} == {"checksum/webserver-config"}


def test_only_fab_has_settings_of_its_own_and_airflow_2_always_has_fab() -> None:
    assert objects("Secret", "webserver", authManager="simple") == []
    [secret] = objects("Secret", "webserver", authManager="simple", airflowVersion=AIRFLOW_2)
    assert "webserver_config.py" in secret["stringData"]


def test_an_existing_secret_replaces_its_own() -> None:
    assert objects("Secret", "webserver", webserver={"configSecret": "sso"}) == []
    [deployment] = objects("Deployment", "webserver", webserver={"configSecret": "sso"})
    [config] = [volume for volume in pod_of(deployment)["volumes"] if volume["name"] == "config"]
    assert {"secret": {"name": "sso"}} in config["projected"]["sources"]


def test_it_waits_for_the_first_user_where_there_will_be_one() -> None:
    [deployment] = objects("Deployment", "webserver")
    [wait] = pod_of(deployment)["initContainers"]
    assert wait["command"][-2:] == ["fab", "user"]
    [alone] = objects("Deployment", "webserver", adminUser={"enabled": False})
    assert pod_of(alone)["initContainers"][0]["command"][-1] == "fab"


def test_several_of_them_spread_over_nodes_and_leave_one_at_a_time() -> None:
    [deployment] = objects("Deployment", "webserver", webserver={"replicas": 3})
    [budget] = objects("PodDisruptionBudget", "webserver", webserver={"replicas": 3})
    [rule] = pod_of(deployment)["topologySpreadConstraints"]
    assert deployment["spec"]["replicas"] == 3
    assert (rule["topologyKey"], rule["whenUnsatisfiable"]) == ("kubernetes.io/hostname", "ScheduleAnyway")
    assert budget["spec"]["maxUnavailable"] == 1
    assert budget["spec"]["selector"] == rule["labelSelector"] == deployment["spec"]["selector"]
    assert objects("PodDisruptionBudget", "webserver") == []
