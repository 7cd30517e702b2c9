"""Ports that processes of more than one component open."""

from __future__ import annotations

from airflow_charts.parts.component import Port

WORKER_LOGS = Port("logs", 8793, options=(("logging", "worker_log_server_port"),))
"""The logs of running tasks: on workers, and on the scheduler where it runs tasks."""
