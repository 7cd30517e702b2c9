"""Sales per region: extract, transform, load.

`extract` reads the orders, `transform` runs once per region, and `load` writes the totals into the warehouse. Two
things come from outside, through the environment:

- the connection `warehouse` (`AIRFLOW_CONN_WAREHOUSE`), which has a password and so belongs into a Secret
- the variable `sales_title` (`AIRFLOW_VAR_SALES_TITLE`)

The warehouse is a SQLite file, so nothing else has to run.
"""

from __future__ import annotations

import csv
import io
import logging
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

import pendulum

try:
    from airflow.sdk import Connection, Variable, dag, task

    get_connection = Connection.get
except ImportError:  # Airflow 2
    from airflow.decorators import dag, task
    from airflow.models import Connection, Variable

    get_connection = Connection.get_connection_from_secrets

log = logging.getLogger(__name__)

REGIONS = ("north", "east", "south", "west")


def orders() -> str:
    """The orders of one day as CSV: the same ones at each run. A real task would fetch them."""
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow(["order", "region", "cents"])
    rows.writerows([number, REGIONS[number % 4], number * 3700 % 9100 + 1000] for number in range(1, 41))
    return text.getvalue()


@dag(
    schedule=None,
    start_date=pendulum.datetime(2026, 1, 1, tz="UTC"),
    catchup=False,
    tags=["example", "etl"],
    doc_md=__doc__,
)
def sales_etl() -> None:
    """The steps; what one returns is what the next one gets."""

    @task
    def extract() -> list[dict[str, object]]:
        """The amounts of each region."""
        amounts: dict[str, list[int]] = {region: [] for region in REGIONS}
        for order in csv.DictReader(io.StringIO(orders())):
            amounts[order["region"]].append(int(order["cents"]))
        return [{"region": region, "cents": cents} for region, cents in amounts.items()]

    @task(multiple_outputs=False, map_index_template="{{ task.op_kwargs['region'] }}")
    def transform(region: str, cents: list[int]) -> dict[str, object]:
        """One region's row of the report; the regions are summed up side by side."""
        return {"region": region, "orders": len(cents), "cents": sum(cents)}

    @task
    def load(rows: list[dict[str, object]]) -> str:
        """Writes the report and reads it back."""
        warehouse = get_connection("warehouse")
        if not warehouse.password:  # SQLite needs none, but every real warehouse does
            raise ValueError("the connection `warehouse` has no password: is its Secret there?")
        # A file name alone means the directory for temporary files: a pod may not write elsewhere.
        file = Path(tempfile.gettempdir(), warehouse.host)
        with closing(sqlite3.connect(file)) as database, database:
            database.execute("CREATE TABLE IF NOT EXISTS sales (region TEXT PRIMARY KEY, orders INT, cents INT)")
            database.executemany("INSERT OR REPLACE INTO sales VALUES (:region, :orders, :cents)", rows[:])
            count, cents = database.execute("SELECT sum(orders), sum(cents) FROM sales").fetchone()
        report = f"{Variable.get('sales_title')}: {count} orders, {cents / 100:.2f} EUR"
        log.info("loaded as %s into %s: %s", warehouse.login, file, report)
        return report

    load(transform.expand_kwargs(extract()))


sales_etl()
