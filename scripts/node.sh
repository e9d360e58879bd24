#!/bin/sh
# Runs Node as the launcher does: for npm scripts, where the system's own Node may be too old.
set -eu
root=$(CDPATH= cd -P "$(dirname "$0")/.." && pwd)
. "$root/scripts/find-node.sh"
exec "$node" --disable-warning=ExperimentalWarning "$@"
