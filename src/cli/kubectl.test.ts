import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromKubectl } from './kubectl.ts';

test("kubectl's flags in Porthole's words", () => {
  for (const [given, expected] of [
    ['web-7d9', 'watch --kube web-7d9'],
    ['deploy/web -n shop -- port 8080', 'watch --kube deploy/web --namespace shop -- port 8080'],
    ['-nshop svc/cart -o json', 'watch --kube --namespace shop svc/cart --output json'],
    ['--namespace=shop web -ojson', 'watch --kube --namespace shop web --output json'],
    ['-l app=web -A -w all.pcapng', 'watch --kube --selector app=web --all-namespaces -w all.pcapng'],
    ['dump web -c app --context prod', 'dump --kube web --context prod'],
    ['web --container=app -capp', 'watch --kube web'],
    ['stats deploy/web --as ann', 'stats --kube deploy/web --as ann'],
    ['doctor deploy/web -n shop', 'doctor --kube deploy/web --namespace shop'],
    ['install -n tools --dry-run -o yaml', 'kube install --namespace tools --dry-run --output yaml'],
    ['status --context prod', 'kube status --context prod'],
    ['--help', '--help'],
    ['web --', 'watch --kube web --'],
    ['web -n', 'watch --kube web --namespace'],
    ['web -Y http -- -n', 'watch --kube web -Y http -- -n'],
  ])
    assert.equal(fromKubectl(given!.split(' ')).join(' '), expected, given);
});
