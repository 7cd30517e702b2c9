"""Fifty tasks that write down each of their runs, for the test that ends the processes around them."""

import os
import time
from datetime import timedelta
from pathlib import Path

from airflow.sdk import dag, task


@dag(schedule=None, catchup=False)
def faults():
    """Fifty tasks."""

    @task(retries=5, retry_delay=timedelta(seconds=1))
    def work(number: int) -> int:
        folder = Path(os.environ["FAULTS_FOLDER"])
        with (folder / f"{number}.started").open("a") as file:
            file.write("x")
        time.sleep(2)
        with (folder / f"{number}.ended").open("a") as file:
            file.write("x")
        return number

    work.expand(number=list(range(50)))


faults()
