import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Connection } from '../model/index.ts';
import { Directory, nodeOf, serviceOf } from './directory.ts';
import { podOf } from './selection.ts';

/** As the API server has it. */
function pod(
  name: string,
  ip: string,
  more: { namespace?: string; spec?: object; phase?: string; labels?: object } = {},
) {
  const { namespace = 'shop', spec = {}, phase = 'Running', labels = { app: 'web' } } = more;
  return podOf({
    metadata: {
      ...{ namespace, name, uid: `${namespace}/${name}` },
      labels: { 'pod-template-hash': '7d9', ...labels },
      ownerReferences: [{ kind: 'ReplicaSet', name: 'web-7d9', controller: true }],
    },
    spec: {
      nodeName: 'n1',
      containers: [
        {
          name: 'web',
          ports: [{ name: 'http', containerPort: 8080 }],
          readinessProbe: { httpGet: { path: '/ready', port: 'http' } },
        },
      ],
      ...spec,
    },
    status: { phase, podIPs: [{ ip }], hostIP: '192.0.2.7' },
  });
}

const web = serviceOf({
  metadata: { uid: 's1', namespace: 'shop', name: 'web' },
  spec: {
    clusterIP: '10.96.0.7',
    clusterIPs: ['10.96.0.7', '2001:db8::7'],
    selector: { app: 'web' },
    ports: [{ port: 80, targetPort: 'http', nodePort: 30_080 }],
  },
});

function connection(client: string, server: string, port = 8080, target = 'web-1'): Connection {
  return {
    ...{ id: 1, transport: 'tcp', netns: 1, target, openedAt: 0, joinedMidStream: false },
    client: { address: client, port: 40_000 },
    server: { address: server, port },
  };
}

function shop() {
  const names = new Map<string, string>();
  const directory = new Directory(names, 'shop');
  const pods = [pod('web-1', '10.1.0.5'), pod('web-2', '10.1.0.6')];
  directory.setPods([...pods, pod('caller', '10.1.3.9', { namespace: 'other', labels: { app: 'caller' } })]);
  directory.watch(pods[0]!);
  directory.setServices([web]);
  return { names, directory };
}

const one = { namespace: 'shop', pod: 'web-1', workload: 'deploy/web', node: 'n1' };

test('addresses have names; those of other namespaces say which', () => {
  const { names } = shop();
  assert.deepEqual(Object.fromEntries(names), {
    '192.0.2.7': 'node/n1',
    '10.1.0.5': 'web-1',
    '10.1.0.6': 'web-2',
    '10.1.3.9': 'other/caller',
    '10.96.0.7': 'svc/web',
    '2001:db8::7': 'svc/web',
  });
});

test('a server is a pod behind a service, a client is only a pod', () => {
  const { directory } = shop();
  const seen = connection('10.1.0.6', '10.1.0.5');
  assert.deepEqual(directory.who(seen, 'server'), { ...one, service: 'web' });
  assert.deepEqual(directory.who(seen, 'client'), { ...one, pod: 'web-2' });
  assert.deepEqual(directory.who(connection('10.1.0.6', '10.1.0.5', 9000), 'server'), one);
  assert.equal(directory.who(connection('198.51.100.1', '10.1.0.5'), 'client'), undefined);
});

test('on loopback both are the pod that was watched', () => {
  const { directory } = shop();
  assert.deepEqual(directory.who(connection('127.0.0.1', '127.0.0.1'), 'client'), one);
  assert.equal(directory.who(connection('127.0.0.1', '127.0.0.1', 80, 'elsewhere'), 'client'), undefined);
  directory.watch(pod('web-1', '10.1.9.9', { namespace: 'b' }));
  assert.equal(directory.who(connection('127.0.0.1', '::1'), 'server'), undefined, 'two have the name');
});

test("a service's address: which one, and who answered only where there is one that could", () => {
  const { directory } = shop();
  const asked = connection('10.1.3.9', '10.96.0.7', 80, 'caller');
  const service = { namespace: 'shop', service: 'web', serviceAddress: '10.96.0.7' };
  assert.deepEqual(directory.who(asked, 'server'), service);
  directory.dropPod({ uid: 'shop/web-2' });
  assert.deepEqual(directory.who(asked, 'server'), { ...one, ...service });
  const onNode = connection('10.1.3.9', '192.0.2.7', 30_080, 'caller');
  assert.deepEqual(directory.who(onNode, 'server'), { ...one, ...service, serviceAddress: '192.0.2.7' });
  assert.deepEqual(directory.who(connection('10.1.3.9', '192.0.2.7', 22), 'server'), { node: 'n1' });
  directory.dropService(web);
  assert.equal(directory.who(asked, 'server'), undefined);
});

test('a pod that is gone keeps its address until another has it', () => {
  const { directory, names } = shop();
  directory.dropPod({ uid: 'shop/web-1' });
  assert.equal(names.get('10.1.0.5'), 'web-1');
  directory.putPod(pod('web-9', '10.1.0.5'));
  directory.putPod(pod('web-1', '10.1.0.5', { phase: 'Failed' }));
  assert.equal(directory.who(connection('10.1.0.6', '10.1.0.5'), 'server')?.pod, 'web-9');
});

test('a pod of the host network has no address of its own', () => {
  const { directory, names } = shop();
  directory.putPod(pod('proxy', '192.0.2.7', { spec: { hostNetwork: true, nodeName: 'n1' } }));
  assert.equal(names.get('192.0.2.7'), 'node/n1');
});

test("who probes: the node's addresses, its bridge's, what a kubelet was seen to have", () => {
  const { directory } = shop();
  const from = (client: string) => directory.isFromNode(connection(client, '10.1.0.5'));
  assert.deepEqual(['192.0.2.7', '10.1.0.1', '10.1.0.6', '172.16.0.9'].map(from), [true, true, false, false]);
  directory.learnNode(connection('172.16.0.9', '10.1.0.5'));
  assert.equal(from('172.16.0.9'), true);
  directory.learnNode(connection('10.1.0.6', '10.1.0.5'));
  assert.equal(from('10.1.0.6'), false, 'a pod is none');
  directory.putNode(
    nodeOf({
      metadata: { name: 'n2' },
      spec: { podCIDR: '10.9.8.64/26', podCIDRs: ['10.9.8.64/26', '2001:db8:1::/64'] },
      status: {
        addresses: [
          { type: 'InternalIP', address: '192.0.2.8' },
          { type: 'Hostname', address: 'n2' },
        ],
      },
    }),
  );
  assert.deepEqual(['192.0.2.8', '10.9.8.65', 'n2'].map(from), [true, true, false]);
});

test('probes of the pod that is asked, by the port', () => {
  const { directory } = shop();
  const ready = [{ kind: 'readiness', by: 'http', port: 8080, path: '/ready' }];
  assert.deepEqual(directory.probes(connection('192.0.2.7', '10.1.0.5')), ready);
  assert.deepEqual(directory.probes(connection('127.0.0.1', '127.0.0.1')), ready);
  assert.deepEqual(directory.probes(connection('192.0.2.7', '10.1.0.5', 9)), []);
});

test('what a pod says of itself: probes, the proxy, its workload', () => {
  const { probes, proxy, workload } = podOf({
    metadata: { name: 'db-0', ownerReferences: [{ kind: 'StatefulSet', name: 'db', controller: true }] },
    spec: {
      containers: [
        {
          name: 'db',
          livenessProbe: { tcpSocket: { port: '5432' } },
          readinessProbe: { grpc: { port: 9090 } },
          startupProbe: { exec: { command: ['true'] } },
        },
        { name: 'tls', readinessProbe: { httpGet: { port: 8443, scheme: 'HTTPS' } } },
        { name: 'far', readinessProbe: { httpGet: { port: 80, host: 'example.org' } } },
        { name: 'plain', readinessProbe: { httpGet: { port: 80 } } },
      ],
      initContainers: [
        { name: 'istio-init' },
        {
          name: 'istio-proxy',
          restartPolicy: 'Always',
          startupProbe: { httpGet: { port: 15021, path: 'healthz' } },
        },
      ],
    },
  });
  assert.deepEqual(
    probes.map(({ kind, by, port, path }) => `${kind} ${by} ${port}${path}`),
    ['liveness tcp 5432', 'readiness grpc 9090', 'readiness http 80/', 'startup http 15021/healthz'],
  );
  assert.deepEqual([proxy, workload], ['istio-proxy', 'sts/db']);
  for (const [owner, expected] of [
    [[{ kind: 'Node', name: 'n1', controller: true }], ''],
    [[{ kind: 'Job', name: 'backup-29', controller: true }], 'job/backup-29'],
    [[{ kind: 'Rollout', name: 'web', controller: true }], 'rollout/web'],
    [[{ kind: 'ReplicaSet', name: 'web-7d9', controller: true }], 'rs/web-7d9'],
    [undefined, ''],
  ] as const)
    assert.equal(podOf({ metadata: { ownerReferences: owner } }).workload, expected);
});
