#!/bin/sh
# Installs the programs that the tests run: PostgreSQL, Redis, OpenSSL and Chromium. Does nothing where they are there.
set -eu
missing=""
ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 || command -v postgres >/dev/null || missing="$missing postgresql"
command -v redis-server >/dev/null || command -v valkey-server >/dev/null || missing="$missing redis-server"
command -v openssl >/dev/null || missing="$missing openssl"
command -v chromium >/dev/null || command -v google-chrome >/dev/null || missing="$missing chromium fonts-dejavu-core"
[ -n "$missing" ] || exit 0
if ! command -v apt-get >/dev/null; then
  echo "install these programs and try again:$missing" >&2
  exit 1
fi
run=""
[ "$(id -u)" = 0 ] || run="sudo"
# No service may start by itself: the tests start their own servers.
if [ ! -e /usr/sbin/policy-rc.d ]; then
  printf '#!/bin/sh\nexit 101\n' | $run tee /usr/sbin/policy-rc.d >/dev/null
  $run chmod +x /usr/sbin/policy-rc.d
  trap '$run rm -f /usr/sbin/policy-rc.d' EXIT
fi
$run apt-get update -qq
# shellcheck disable=SC2086 - the list is meant to be split
DEBIAN_FRONTEND=noninteractive $run apt-get install -y -qq --no-install-recommends $missing >/dev/null
