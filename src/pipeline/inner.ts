/** What rides inside one exchange's bodies: every module that claims it listens, in the registry's order. */
import type {
  AnalyzerContext,
  Exchange,
  Inner,
  InnerAnalyzer,
  InnerModule,
  InnerOutput,
} from '../model/index.ts';

/** Undefined when no module claims the exchange. */
export function openInner(
  modules: readonly InnerModule[],
  exchange: Exchange,
  context: AnalyzerContext,
  out: InnerOutput,
): Inner | undefined {
  let open: InnerAnalyzer[] | undefined;
  for (const module of modules) {
    if (!module.claims(exchange)) continue;
    open ??= [];
    open.push(module.open(exchange, context));
  }
  if (!open) return undefined;
  const analyzers = open;
  return {
    data(side, bytes, at) {
      for (const analyzer of analyzers) analyzer.data(side, bytes, at, out);
    },
    gap(side, length, at) {
      for (const analyzer of analyzers) analyzer.gap(side, length, at, out);
    },
    finish: (finished) => analyzers.reduce((e, analyzer) => analyzer.finish(e, out), finished),
  };
}
