# Sourced: installs the Debian packages that the tests compare against and run on.
# Without root or apt the tests that need them skip with the reason.
missing=
for pair in tcpdump:tcpdump tshark:tshark dockerd:docker.io nginx:nginx-light wrk:wrk iperf3:iperf3 ip:iproute2 cc:gcc tmux:tmux containerd:containerd podman:podman runc:runc crun:crun chromium:chromium; do
  command -v "${pair%%:*}" >/dev/null 2>&1 || [ -x "/usr/sbin/${pair%%:*}" ] || missing="$missing ${pair##*:}"
done
# The programs in the test containers are static: images FROM scratch have no libraries.
ls /usr/lib/*/libc.a /usr/lib/libc.a 2>/dev/null | grep -q . || missing="$missing libc6-dev"
# Networks of pods, for containerd's CRI.
[ -x /usr/lib/cni/ptp ] || missing="$missing containernetworking-plugins"
if [ -n "$missing" ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  echo "npm test: installing Debian packages:$missing" >&2
  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing; } >/dev/null || {
    echo "npm test: apt-get failed; tests that need$missing will be skipped" >&2
  }
fi
