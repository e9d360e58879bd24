const text = `See what a container says on the network, without going in.

Usage: porthole [COMMAND] [OPTIONS] TARGET [FILTER]

Commands:
  watch TARGET [FILTER]   decoded conversations, live ('porthole TARGET' is the same)
  tui [TARGET [FILTER]]   the same to look around in: lists, details, streams, filters
  web TARGET [FILTER]     the same in a browser: list, details, map, statistics
  dump TARGET [FILTER]    packets, as tcpdump prints them
  stats TARGET [FILTER]   talkers, protocols, rates, latency, errors, TCP, summed up
  ps                      what can be watched
  doctor [TARGET [FILTER]]  why nothing shows, the most likely reason first
  filter EXPRESSION       the compiled filter, as tcpdump -d prints it
  fields [PROTOCOL]       what a query (watch -Y) can ask for
  kube install|status|uninstall  standing agents on the nodes of a cluster (watch -k: pods of one)
  demo                    a container of its own, talking HTTP and DNS, watched live
  version, help

TARGET is a container's name or id, a list (a,b), a glob ('web-*'), label=k=v, compose:SERVICE,
PROJECT/SERVICE, pod/NAME, NAMESPACE/POD, pid:1234, comm:NAME, port:8080, image:NAME, netns:NAME,
netns:/path, host or all.
Containers of Docker, Podman, containerd, any Kubernetes node (CRI), systemd-nspawn and LXC are found.
FILTER is any tcpdump filter: trailing words, one quoted string, or what follows --.

Examples:
  porthole                              what can be watched; without a container, the demo
  porthole upbeat                       requests and answers of the container 'upbeat'
  porthole watch upbeat port 8000 -v    with headers, only port 8000
  porthole dump upbeat -nn -A 'tcp[tcpflags] & tcp-syn != 0'
  porthole watch upbeat -w out.pcapng   watch and keep the packets
  porthole tui                          pick one and look around
  porthole stats upbeat                 who, how much, how fast, what fails
  porthole watch -r out.pcapng          the same view of a saved capture
  porthole dump web -w - | wireshark -k -i -

'porthole COMMAND --help' tells the rest.
`;

export async function run(argv: string[] = []): Promise<number> {
  if (['watch', 'tui', 'web', 'dump', 'stats'].includes(argv[0]!))
    return (await import(`./${argv[0]}.ts`)).run(['--help']);
  process.stdout.write(text);
  return 0;
}
