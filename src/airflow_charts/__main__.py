"""`python -m airflow_charts`: the command line."""

from airflow_charts.cli import run

if __name__ == "__main__":
    run()
