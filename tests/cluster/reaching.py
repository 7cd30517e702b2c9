"""Two programs that say what a container reaches: of a name and addresses, whether it is found and which answer."""

from __future__ import annotations

PYTHON = """
import concurrent.futures, json, socket, sys

def answers(target):
    try:
        socket.create_connection(target.rsplit(":", 1), 1.5).close()
    except ConnectionRefusedError:
        return True
    except OSError:
        return False
    return True

def is_found(name):
    try:
        return bool(socket.getaddrinfo(name, 80))
    except OSError:
        return False

with concurrent.futures.ThreadPoolExecutor(200) as threads:
    asked = {target: threads.submit(answers, target) for target in sys.argv[2:]}
    found = {"dns"} if is_found(sys.argv[1]) else set()
    print(*found, *(target for target, answer in asked.items() if answer.result()))
"""
SHELL = """
timeout 3 getent hosts "$1" >/dev/null && echo dns
shift
for target in "$@"; do
  (timeout 3 bash -c "</dev/tcp/${target/:/\\/}" 2>/dev/null; [[ $? == 124 ]] || echo "$target") &
done
wait
"""
"""The same for images without Python. A timeout is the silence of a policy."""
