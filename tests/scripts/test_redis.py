"""redis.sh with the real server."""

import signal
from pathlib import Path

import pytest
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import AuthenticationError, RedisError
from redis.retry import Retry
from servers import NASTY, Pod, eventually


def client(pod: Pod, password: str = NASTY) -> Redis:
    return Redis(port=int(pod.environment["REDIS_PORT"]), password=password, retry=Retry(NoBackoff(), 0))


def answers(pod: Pod, password: str = NASTY) -> bool:
    assert pod.process
    assert pod.process.poll() is None, pod.log
    with client(pod, password) as connection:
        try:
            return bool(connection.ping())
        except RedisError:
            return False


def test_only_the_password_of_any_characters_opens_it(redis: Pod) -> None:
    """Quotes, backslashes, dollars and spaces reach the server as they are."""
    redis.start()
    eventually(lambda: answers(redis))
    for wrong in ("", NASTY.strip(), "x"):
        with client(redis, wrong) as connection, pytest.raises(AuthenticationError):
            connection.ping()


def test_no_password_can_be_seen(redis: Pod) -> None:
    """It is in no argument, in no log, and not in the environment of the server."""
    redis.start(REDIS_PASSWORD="Seen")
    eventually(lambda: answers(redis, "Seen"))
    assert redis.process
    assert b"Seen" not in Path(f"/proc/{redis.process.pid}/environ").read_bytes()
    assert "server -" in redis.arguments
    assert "Seen" not in redis.arguments
    assert "Seen" not in redis.log


@pytest.mark.parametrize(("append_only", "kept"), [("yes", b"1"), ("no", None)])
def test_the_queue_outlives_a_stop_where_it_has_a_volume(redis: Pod, append_only: str, kept: bytes | None) -> None:
    """SIGTERM ends it cleanly."""
    redis.start(REDIS_APPEND_ONLY=append_only)
    eventually(lambda: answers(redis))
    with client(redis) as connection:
        connection.set("task", "1")
    assert redis.stop(signal.SIGTERM) == 0
    redis.start(REDIS_APPEND_ONLY=append_only)
    eventually(lambda: answers(redis))
    with client(redis) as connection:
        assert connection.get("task") == kept


@pytest.mark.parametrize(("text", "message"), [("Seen\n", "holds a line break"), ("", "not set")])
def test_a_password_that_cannot_work_is_refused(redis: Pod, text: str, message: str) -> None:
    """An empty one would open the server to everybody."""
    redis.start(REDIS_PASSWORD=text)
    assert redis.ended() != 0
    assert message in redis.log
    assert "Seen" not in redis.log
