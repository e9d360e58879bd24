/** In a process of its own: a cluster that is made up (test/support/fake-cluster.ts), for who measures its client. */
import { FakeCluster, type FakeClusterOptions, namespace } from '../../test/support/fake-cluster.ts';

export interface StageFigures {
  /** By node: captured, and left out because the client was behind. */
  readonly captured: readonly number[];
  readonly dropped: readonly number[];
  readonly isDone: boolean;
  /** Requests by what was asked for. */
  readonly asked: Readonly<Record<string, number>>;
}

export type StageMessage = { readonly kubeconfig: object } | { readonly figures: StageFigures };

const options = JSON.parse(process.argv[2]!) as Omit<FakeClusterOptions, 'aheadMs'> & {
  readonly aheadMs: number;
};
const cluster = new FakeCluster({
  ...options,
  // Nine of ten are of one mind.
  aheadMs: (i) => (i % 10 === 0 ? -options.aheadMs : options.aheadMs),
});
cluster.api.pageItems = 500;
await cluster.listen();
const tell = (message: StageMessage) => process.send!(message);
process.on('message', () => {
  const asked: Record<string, number> = {};
  for (const what of cluster.api.asked) asked[what] = (asked[what] ?? 0) + 1;
  const { agents } = cluster;
  tell({
    figures: {
      captured: agents.map((agent) => agent.captured),
      dropped: agents.map((agent) => agent.dropped),
      isDone: agents.every((agent) => agent.isDone),
      asked,
    },
  });
});
process.once('disconnect', () => process.exit(0));
tell({ kubeconfig: cluster.api.kubeconfig(namespace) });
