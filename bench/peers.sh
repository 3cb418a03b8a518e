#!/bin/sh
# Installs what the gateway is measured against. Each part may be missing: the bench then leaves it out and says so.
set -u
cd "$(dirname "$0")/.."

need() { command -v "$1" >/dev/null 2>&1; }

if ! need nginx || ! need wrk || [ ! -e /usr/lib/nginx/modules/ngx_http_lua_module.so ]; then
  echo "installing nginx, its Lua module and wrk from Debian"
  (apt-get update -qq && apt-get install -y -qq nginx libnginx-mod-http-lua wrk) >/dev/null 2>&1 ||
    echo "  not installed: run 'apt-get install nginx libnginx-mod-http-lua wrk' as root"
fi

if [ ! -x .venv-peers/bin/litellm ]; then
  echo "installing LiteLLM from PyPI into .venv-peers (a few minutes)"
  ${PYTHON:-python3} -m venv .venv-peers &&
    .venv-peers/bin/python -m pip install --disable-pip-version-check -q "litellm[proxy]" ||
    echo "  not installed: LiteLLM is left out"
fi

if need npm && [ ! -d bench/.peers/node_modules/@portkey-ai/gateway ]; then
  echo "installing Portkey's gateway from npm into bench/.peers"
  mkdir -p bench/.peers && npm install --prefix bench/.peers --no-audit --no-fund --loglevel=error @portkey-ai/gateway >/dev/null ||
    echo "  not installed: Portkey is left out"
fi
exit 0
