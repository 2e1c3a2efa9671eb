#!/bin/bash
# The part of the official image's contract that deploy/kubernetes relies on: `postgres …` makes the database in $PGDATA at the
# first start, for $POSTGRES_USER with the password of $POSTGRES_PASSWORD or of the file $POSTGRES_PASSWORD_FILE.
set -euo pipefail

[ "${1#-}" = "$1" ] || set -- postgres "$@"

if [ "$1" = postgres ] && [ "$(id -u)" = 0 ]; then
  install -d -o postgres -g postgres -m 700 "$PGDATA"
  chown -R postgres:postgres "$PGDATA"
  exec setpriv --reuid=postgres --regid=postgres --init-groups "$0" "$@"
fi

if [ "$1" = postgres ] && [ ! -s "$PGDATA/PG_VERSION" ]; then
  user=${POSTGRES_USER:-postgres}
  database=${POSTGRES_DB:-$user}
  password=${POSTGRES_PASSWORD:-}
  [ -z "${POSTGRES_PASSWORD_FILE:-}" ] || password=$(<"$POSTGRES_PASSWORD_FILE")
  [ -n "$password" ] || { echo 'set POSTGRES_PASSWORD_FILE or POSTGRES_PASSWORD' >&2; exit 1; }
  initdb --username="$user" --pwfile=<(printf '%s\n' "$password") --auth=scram-sha-256 -D "$PGDATA"
  echo 'host all all all scram-sha-256' >> "$PGDATA/pg_hba.conf"
  if [ "$database" != postgres ]; then
    # One user, no socket, no port: nobody can connect before the real start.
    echo "CREATE DATABASE \"${database//\"/\"\"}\";" | postgres --single -D "$PGDATA" postgres >/dev/null
  fi
fi
unset POSTGRES_PASSWORD

exec "$@"
