"""A DAG file that cannot be imported, as users write them."""

import there_is_no_such_module  # noqa: F401
from airflow.sdk import dag  # noqa: F401
