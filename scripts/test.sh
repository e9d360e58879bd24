#!/bin/sh
# Every test but those that need a cluster (npm run test:cluster). Installs what is missing: npm packages, and the Debian packages the e2e tests use.
# Ends with a line `N passed, N failed, N skipped`.
set -eu
root=$(CDPATH= cd -P "$(dirname "$0")/.." && pwd)
cd "$root"
if [ ! -d node_modules/koffi ] || [ ! -d node_modules/typescript ]; then
  . scripts/install.sh
fi
. scripts/debian-packages.sh
npm run --silent typecheck
npm run --silent imports
sh scripts/lint.sh
# A file that never ends is no reason to wait for ever: half an hour is three times what all of them take.
exec timeout 1800 sh scripts/node.sh --test --test-reporter=./scripts/reporter.ts --test-concurrency=2 --test-timeout=300000 \
  'src/**/*.test.ts' 'test/*.test.ts' 'test/differential/**/*.test.ts' 'test/e2e/**/*.test.ts'
