#!/bin/sh
# Says in one line what the machine lacks: a new enough Python and, when asked, Node.
python=$1
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || {
  echo "gatelog needs Python 3.11 or newer; '$python' is $("$python" --version 2>&1 || echo missing). Set PYTHON=/path/to/python3.11" >&2
  exit 1
}
[ "$2" = node ] || exit 0
command -v node >/dev/null 2>&1 && command -v npm >/dev/null 2>&1 || {
  echo "gatelog builds its portal with Node 20 or newer; no 'node' and 'npm' on the PATH" >&2
  exit 1
}
major=$(node -p 'process.versions.node.split(".")[0]')
[ "$major" -ge 20 ] || {
  echo "gatelog builds its portal with Node 20 or newer; this is Node $(node --version)" >&2
  exit 1
}
