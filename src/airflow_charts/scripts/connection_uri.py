"""Prints a connection URI with the password that stands in an environment variable, percent-encoded.

Airflow calls it for its `_CMD` options, so that a password may hold any characters and is in no argument.
Arguments: scheme, user (may be empty), name of the variable, and what follows the `@`.
"""

import os
import sys
from urllib.parse import quote

scheme, user, variable, rest = sys.argv[1:]
password = os.environ.get(variable, "")
secret = f":{quote(password, safe='')}" if password else ""
login = f"{quote(user, safe='')}{secret}@" if user or secret else ""
print(f"{scheme}://{login}{rest}", end="")
