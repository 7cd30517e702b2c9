"""What is woven into many pods: one file for a feature."""

from airflow_charts.additions import dags, logs
from airflow_charts.parts.addition import Addition

ADDITIONS: tuple[Addition, ...] = (logs.ADDITION, dags.ADDITION)
"""In the order in which pods have them."""
