/** The file of -w with --redact: frames pass through the scrubber on their way. */
import { summary } from '../redact/index.ts';
import { createScrubber, type ScrubCounters } from '../scrub/index.ts';
import type { CaptureOptions } from './capture-options.ts';
import { type Output, openOutput } from './output.ts';
import { platform } from './platform.ts';
import { givenRules } from './redaction.ts';

/** @throws UsageError, CliError */
export async function redacted(options: CaptureOptions, filter: string): Promise<Output> {
  const rules = await givenRules(options);
  const output = openOutput(options, filter, () => reportOf(scrubber.counters()).join('; '));
  const { tap } = output;
  const scrubber = createScrubber({ rules, platform }, (frame) => tap.frame!(frame));
  const isLive = options.read === undefined;
  return {
    ...output,
    tap: {
      interface: (iface) => tap.interface?.(iface),
      frame: (frame) => scrubber.frame(frame),
      loss: (loss) => tap.loss?.(loss),
      batch() {
        // Where packets come no more, those that wait are written all the same.
        if (isLive) scrubber.tick(Date.now() / 1000);
        return tap.batch?.();
      },
    },
    async finish(counters, names) {
      scrubber.finish();
      await output.finish(counters, names);
    },
    report: () => reportOf(scrubber.counters()),
  };
}

/** What was masked in the file, and what of it could not be judged. */
function reportOf({ tally, blanked, frames }: ScrubCounters): string[] {
  const found = summary(tally);
  const lines = [`${found === '' ? 'masked nothing' : found} in ${frames} packets of the file`];
  const whole = [...blanked].map(([reason, bytes]) => `${bytes} (${reasons[reason]})`);
  if (whole.length > 0) lines.push(`bytes of the file masked without having been read: ${whole.join(', ')}`);
  return lines;
}

const reasons = {
  encoded: 'compressed',
  late: 'not complete in time',
  fragment: 'in fragments',
  tunnel: 'in tunnels',
  quoted: 'quoted by ICMP errors',
  'not in order': 'outside of their stream',
  'sent again': 'sent again late',
  'header table lost': 'HTTP/2 whose beginning was not seen',
} as const;
