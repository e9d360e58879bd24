#!/bin/sh
# Format and lint with a pinned Biome, fetched by npx (in the lockfile it breaks `npm ci`).
set -eu
root=$(CDPATH= cd -P "$(dirname "$0")/.." && pwd)
cd "$root"
exec npx --yes @biomejs/biome@2.6.8 check --error-on-warnings "$@"
