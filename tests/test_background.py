"""The suite in the background, where signals are ignored and whatever is started inherits that."""

import subprocess
import sys
from pathlib import Path

SELECTION = (
    "tests/scripts/test_postgresql.py::test_no_password_can_be_seen",  # it ends the server by SIGINT
    "tests/local/test_preload.py::test_a_fork_is_what_a_process_of_its_own_would_be[0-running]",  # the same signals
)
"""Tests that failed there."""


def test_what_needs_signals_passes_where_they_are_ignored() -> None:
    pytest = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *SELECTION)
    done = subprocess.run(
        ["sh", "-c", 'trap "" HUP INT QUIT; exec "$0" "$@"', *pytest],
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
