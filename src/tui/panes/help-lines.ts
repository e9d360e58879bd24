/** The page behind `?`: made of the table of commands. */
import { commands, groups, keyName } from '../commands.ts';
import { ink } from '../draw/style.ts';
import { blankLine, bold, dim, inked, type Line, line, plain } from './lines.ts';

const keyWidth = 18;

export function helpLines(): Line[] {
  return [
    line(bold('Keys', ink.accent), dim('  (: and the name does the same)')),
    blankLine,
    ...groups.flatMap((group) => [
      line(bold(group, ink.accent)),
      ...commands
        .filter((c) => c.group === group)
        .map(({ keys, name, does, in: places }): Line => {
          const shown = keys.map(keyName).join('  ');
          return {
            parts: [
              inked(`  ${shown.padEnd(keyWidth)}`, ink.request),
              plain(does),
              dim(`  ${name}${places.length < 3 ? `, in ${places.join(' and ')}` : ''}`),
            ],
            indent: keyWidth + 2,
          };
        }),
      blankLine,
    ]),
    line(
      dim('Lists and texts can be selected with the mouse as ever; ^T gives wheel and clicks to porthole,'),
    ),
    line(dim('and with Shift the mouse still selects text then.')),
    line(dim('In the list: * is marked, ~ has something missing, … is under way.')),
  ];
}
