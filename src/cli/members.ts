/** Who joins and who leaves, on stderr: each label in a colour of its own, the one its entries have. */
import { styleOf } from '../sinks/text/style.ts';
import { useColor } from './color.ts';
import { aroundLines } from './line-start.ts';
import { plainText } from './terminal.ts';

const style = styleOf(useColor('auto', process.stderr.isTTY === true));

/** `+ web (docker, 3f2a1b2c3d4e) joined` */
export function memberLine(mark: '+' | '-', text: string, label: string): void {
  const line = plainText(`${mark} ${text}`);
  process.stderr.write(aroundLines(`${label === '' ? line : style.labelled(label, line)}\n`));
}
