#!/bin/sh
# Installs what the tests use beside Python and Node: Chromium, PostgreSQL, Redis, nginx. Tests whose program is missing skip and say so.
missing=""
command -v chromium >/dev/null 2>&1 || missing="$missing chromium"
ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 || missing="$missing postgresql"
command -v redis-server >/dev/null 2>&1 || missing="$missing redis-server"
command -v nginx >/dev/null 2>&1 || [ -x /usr/sbin/nginx ] || missing="$missing nginx"
[ -n "$missing" ] || exit 0
if ! command -v apt-get >/dev/null 2>&1 || [ "$(id -u)" != 0 ]; then
  echo "cannot install$missing here (needs root and apt-get); the tests that use them will skip" >&2
  exit 0
fi
echo "installing$missing"
apt-get update -qq || echo "apt-get update failed; trying with what is known" >&2
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null ||
  echo "cannot install$missing here; the tests that use them will skip" >&2
