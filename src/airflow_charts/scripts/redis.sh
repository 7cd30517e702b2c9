# Starts Valkey or Redis with the password from the environment, which reaches it on standard input.
set -eu
umask 077
case "${REDIS_PASSWORD:?}" in
  *'
'*) echo "REDIS_PASSWORD holds a line break, which no client would send" >&2; exit 1 ;;
esac
server="$(command -v valkey-server || command -v redis-server)"
escaped="$(printf '%s' "$REDIS_PASSWORD" | sed 's/\\/\\\\/g; s/"/\\"/g')"
unset REDIS_PASSWORD
exec "$server" - <<END
bind ${LISTEN_ADDRESSES:-* -::*}
port ${REDIS_PORT:-6379}
dir "$REDIS_DATA"
requirepass "$escaped"
appendonly $REDIS_APPEND_ONLY
save ""
END
