"""connection_uri.py."""

from urllib.parse import unquote, urlsplit

import pytest
from kombu import Connection  # type: ignore[attr-defined]
from servers import NASTY, run_script
from sqlalchemy import make_url


@pytest.mark.parametrize("password", [NASTY, "plain", "%", "a/b@c:d", " "])
def test_every_reader_finds_the_password(password: str) -> None:
    """The standard library, SQLAlchemy (the result backend) and kombu (the broker)."""
    status, uri = run_script(
        "connection_uri.py", "db+postgresql", "celery", "P", "host:5432/db?sslmode=disable", P=password
    )
    assert status == 0
    assert unquote(urlsplit(uri).password or "") == password
    assert uri.endswith("@host:5432/db?sslmode=disable")
    url = make_url(uri.removeprefix("db+"))
    assert (url.username, url.password, url.host, url.database) == ("celery", password, "host", "db")
    status, uri = run_script("connection_uri.py", "redis", "", "P", "host:6379/1", P=password)
    broker = Connection(uri)  # type: ignore[no-untyped-call]
    assert (broker.hostname, broker.port, broker.password, broker.virtual_host) == ("host", 6379, password, "1")


def test_without_password_there_is_none() -> None:
    """A server that asks for none gets none."""
    assert run_script("connection_uri.py", "redis", "", "P", "host:6379/1") == (0, "redis://host:6379/1")
    assert run_script("connection_uri.py", "redis", "me", "P", "host:6379/1") == (0, "redis://me@host:6379/1")
