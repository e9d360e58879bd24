/** The page behind `?`: made of the table of commands. */
import { commands, groups, keyName, type Place } from '../commands.ts';
import { ink } from '../draw/style.ts';
import { blankLine, bold, dim, inked, type Line, line, plain } from './lines.ts';

const keyWidth = 18;
const nameWidth = 17;

/** @param places where one can get from here */
export function helpLines(places: readonly Place[]): Line[] {
  const known = commands.filter((c) => c.in.some((place) => places.includes(place)));
  return [
    ...groups.flatMap((group) => {
      const rows = known.filter((c) => c.group === group);
      return rows.length === 0
        ? []
        : [line(bold(group, ink.accent)), ...rows.map((c) => row(c, places)), blankLine];
    }),
    line(
      dim(
        'The mouse selects text as ever; ^T gives wheel and clicks to porthole, and with Shift it still selects.',
      ),
    ),
    ...(places.includes('list')
      ? [
          line(dim('In the list * is marked, ~ has something missing, … is under way.')),
          line(dim('A command is also done by its name: colon, name, Enter.')),
        ]
      : []),
  ];
}

function row({ keys, name, does, in: all }: (typeof commands)[number], places: readonly Place[]): Line {
  const shown = keys.map(keyName).join('  ');
  const here = all.filter((place) => places.includes(place));
  const where = here.length < Math.min(3, places.length) ? ` (in ${here.join(' and ')})` : '';
  return {
    parts: [
      inked(`  ${shown.padEnd(keyWidth)}`, ink.request),
      dim(name.padEnd(nameWidth)),
      plain(does),
      dim(where),
    ],
    indent: keyWidth + nameWidth + 2,
  };
}
