# Starts PostgreSQL: creates the cluster once, then sets roles, passwords and databases from the environment.
# Roles are set in single-user mode before anybody can connect, at each start, so a changed Secret is a changed password.
set -eu
umask 077
trap 'exit 143' INT TERM
fail() { echo "$1" >&2; exit 1; }
one_line() { case "$2" in *'
'*) fail "$1 holds a line break, which no client would send" ;; esac; }
one_line METADATA_PASSWORD "${METADATA_PASSWORD:?}"
if [ -n "${RESULT_BACKEND_USER:-}" ]; then one_line RESULT_BACKEND_PASSWORD "${RESULT_BACKEND_PASSWORD:?}"; fi

if [ ! -s "${PGDATA:?}/PG_VERSION" ]; then
  # The cluster appears whole or not at all, wherever this is interrupted.
  rm -rf "$PGDATA.new"
  initdb --pgdata="$PGDATA.new" --username=postgres --encoding=UTF8 --no-locale --data-checksums --auth=reject --no-instructions
  if [ -d "$PGDATA" ]; then rmdir "$PGDATA"; fi
  mv "$PGDATA.new" "$PGDATA"
fi
wanted="$(postgres --version | sed 's/^[^0-9]*\([0-9]*\).*/\1/')"
found="$(cat "$PGDATA/PG_VERSION")"
if [ "$wanted" != "$found" ]; then
  fail "the data is of PostgreSQL $found, the image has $wanted: use an image of $found, or dump and restore"
fi
chmod 700 "$PGDATA" # Kubernetes may have opened it to the group of the volume
printf 'local all all scram-sha-256\nhost all all all scram-sha-256\n' > "$PGDATA/pg_hba.conf"

single() {
  postgres --single -D "$PGDATA" -c exit_on_error=on -c password_encryption=scram-sha-256 \
    -c log_statement=none -c log_min_duration_statement=-1 -c log_min_error_statement=panic postgres
}
quoted() { printf '%s' "$1" | sed "s/'/''/g"; }
role() {
  printf "DO \$role\$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '%s') THEN CREATE ROLE \"%s\"; END IF; END \$role\$;\n" "$1" "$1"
  printf "ALTER ROLE \"%s\" LOGIN PASSWORD '%s';\n" "$1" "$(quoted "$2")"
}
database() {
  case "$existing" in *"\"$1\""*) ;; *) printf 'CREATE DATABASE "%s" OWNER "%s";\n' "$1" "$2" ;; esac
  printf 'REVOKE ALL ON DATABASE "%s" FROM PUBLIC;\n' "$1"
}
existing="$({
  role "$METADATA_USER" "$METADATA_PASSWORD"
  if [ -n "${RESULT_BACKEND_USER:-}" ]; then role "$RESULT_BACKEND_USER" "$RESULT_BACKEND_PASSWORD"; fi
  echo 'SELECT datname FROM pg_database;'
} | single)"
{
  database "$METADATA_DATABASE" "$METADATA_USER"
  if [ -n "${RESULT_BACKEND_USER:-}" ]; then database "$RESULT_BACKEND_DATABASE" "$RESULT_BACKEND_USER"; fi
} | single > /dev/null

# SIGTERM would make PostgreSQL wait until its last client leaves; SIGINT ends the sessions and shuts down cleanly.
unset METADATA_PASSWORD RESULT_BACKEND_PASSWORD
exec sh -c '
  postgres "$@" & server=$!
  trap "kill -INT $server" INT TERM
  while kill -0 "$server" 2> /dev/null; do wait "$server"; status=$?; done
  exit "$status"
' postgresql.sh -D "$PGDATA" -c listen_addresses="${LISTEN_ADDRESSES:-*}" -c port="${PGPORT:-5432}" \
  -c unix_socket_directories="${SOCKETS:-/var/run/postgresql}" -c max_connections="$POSTGRESQL_MAX_CONNECTIONS"
