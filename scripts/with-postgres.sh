#!/usr/bin/env bash
# Runs a command with DATABASE_URL set to a PostgreSQL of its own, which is gone afterwards:
#   scripts/with-postgres.sh npm test
# Where DATABASE_URL is set, or no PostgreSQL is installed, the command runs as it is.
set -euo pipefail

if [ -n "${DATABASE_URL:-}" ]; then exec "$@"; fi
bin=''
for folder in ${PATH//:/ } /usr/lib/postgresql/*/bin; do
  if [ -x "$folder/initdb" ] && [ -x "$folder/pg_ctl" ] && [ -x "$folder/postgres" ]; then
    bin="$folder"
  fi
done
if [ -z "$bin" ]; then
  echo 'no PostgreSQL is installed here: running without one' >&2
  exec "$@"
fi

# The server refuses to run as root.
as=()
if [ "$(id -u)" = 0 ]; then
  for user in postgres nobody; do
    if id "$user" > /dev/null 2>&1; then
      as=(setpriv "--reuid=$user" "--regid=$(id -g "$user")" --clear-groups)
      break
    fi
  done
fi

folder="$(mktemp -d)"
[ "${#as[@]}" = 0 ] || chown "$user" "$folder"
stop() {
  (cd / && "${as[@]}" "$bin/pg_ctl" -D "$folder/data" -m immediate -s stop) || true
  rm -rf "$folder"
}
trap stop EXIT

cluster() {
  (cd / && "${as[@]}" "$bin/initdb" -D "$folder/data" -U paygo --auth=trust --encoding=UTF8 \
    --no-sync "$@" > "$folder/initdb.log" 2>&1) || { rm -rf "$folder/data"; return 1; }
}
# A language's collation where there is one: read models must not lean on the database's.
cluster --locale-provider=icu --icu-locale=en-US --locale=C.UTF-8 || cluster --locale=C ||
  { cat "$folder/initdb.log" >&2; exit 1; }
(cd / && "${as[@]}" "$bin/pg_ctl" -D "$folder/data" -l "$folder/data/server.log" -s -w start -o \
  "-k '$folder' -c listen_addresses='' -c max_connections=300 -c fsync=off -c full_page_writes=off") ||
  { cat "$folder/data/server.log" >&2; exit 1; }

DATABASE_URL="postgresql://paygo@localhost/postgres?host=$folder" "$@"
