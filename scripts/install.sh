# Sourced with $root set: installs the npm packages. No package's install script is needed or run.
if ! command -v npm >/dev/null 2>&1; then
  echo "porthole: npm is not installed, and the packages of package-lock.json are needed. Install npm (Debian: apt-get install npm), then run this again." >&2
  exit 1
fi
echo "porthole: installing npm packages into $root/node_modules (once) ..." >&2
(cd "$root" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error) >&2 || {
  echo "porthole: npm ci failed in $root: see the lines above." >&2
  exit 1
}
