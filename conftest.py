"""What holds for all tests: they give the same result however they are started."""

import pytest

from airflow_charts.local.supervisor import ignore_alone


@pytest.fixture(scope="session", autouse=True)
def _ignored_by_nobody_else() -> None:
    """Their processes ignore no signal, as in a container, also where `nohup` or a script's `&` has started the tests.

    That the product sees to it by itself is tested with signals that are ignored on purpose.
    """
    ignore_alone()
