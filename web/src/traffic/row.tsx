/** One entry as a line (or two, where there is little room). */
import { useSignal } from '@preact/signals';
import type { Row } from '../../../src/view/ports.ts';
import { filterBy } from '../address-bar.ts';
import { hueOf } from '../colors.ts';
import { desk } from '../desk/desk.ts';
import { bytes, duration, fullTime, timeOfDay } from '../format.ts';

interface RowProps {
  readonly row: Row | undefined;
  readonly isSelected: boolean;
  readonly severalTargets: boolean;
  /** Of the waterfall: what times are told from, Unix milliseconds. Its scale is the list's (--from, --span). */
  readonly base: number;
  readonly position: number;
  onSelect(position: number): void;
  onOpen(): void;
}

/** To the end of the picture, whatever it spans. */
const underWayNs = 1e15;

const words: Readonly<Record<Row['outcome'], string>> = {
  ok: 'ok',
  clientError: 'client error',
  serverError: 'server error',
  failed: 'failed',
  unanswered: 'no answer',
  info: '',
  open: 'under way',
};

export function RowLine({ row, isSelected, severalTargets, base, position, onSelect, onOpen }: RowProps) {
  // Buttons are made for the row that is pointed at alone: thousands of them a second would be most of the work.
  const isPointedAt = useSignal(false);

  if (!row)
    return <div class="row waiting" role="option" aria-selected={false} onClick={() => onSelect(position)} />;
  const time = (
    <span class="time" title={fullTime(row.at)}>
      {timeOfDay(row.at)}
    </span>
  );
  if (row.kind === 'loss' || row.kind === 'note')
    return (
      <div
        class={`row ${row.kind}`}
        role="option"
        aria-selected={isSelected}
        id={`entry-${row.id}`}
        onClick={() => onSelect(position)}
      >
        {time}
        <span class="said">{row.subject}</span>
      </div>
    );
  return (
    <div
      class={`row ${row.outcome}${isSelected ? ' selected' : ''}${row.isMarked ? ' marked' : ''}`}
      role="option"
      aria-selected={isSelected}
      id={`entry-${row.id}`}
      onClick={() => onSelect(position)}
      onDblClick={onOpen}
      onPointerEnter={(event) => {
        // A finger would have pressed the button before it was to be seen.
        isPointedAt.value = event.pointerType === 'mouse';
      }}
      onPointerLeave={() => {
        isPointedAt.value = false;
      }}
    >
      {time}
      <span class="who">
        {severalTargets && row.target !== '' && <span class="target">{row.target} </span>}
        <Value row={row} hasButton={isPointedAt.value} text={row.client} />
        <span class="arrow"> → </span>
        <Value row={row} hasButton={isPointedAt.value} text={row.server} />
      </span>
      <span class="protocol" style={{ '--hue': hueOf(row.protocol) }}>
        {row.protocol}
      </span>
      <span class="operation">
        <Value row={row} hasButton={isPointedAt.value} text={row.operation} />
      </span>
      <span class="subject" title={row.subject}>
        <Value row={row} hasButton={isPointedAt.value} text={row.subject} />
      </span>
      <span class="result">
        {row.isIncomplete && (
          <abbr class="gap" title="something of it is not there">
            ◌
          </abbr>
        )}
        <Value row={row} hasButton={isPointedAt.value} text={row.result || words[row.outcome]} />
      </span>
      <span class="duration">{row.durationNs === undefined ? '…' : duration(row.durationNs)}</span>
      <span class="size" title={`${row.requestBytes} sent, ${row.responseBytes} received`}>
        {bytes(row.requestBytes + row.responseBytes)}
      </span>
      <span class="waterfall" aria-hidden="true">
        <span style={{ '--at': row.at - base, '--long': (row.durationNs ?? underWayNs) / 1e6 }} />
      </span>
    </div>
  );
}

/** A value, with a way to filter by it. */
function Value({
  row,
  text,
  hasButton,
}: {
  readonly row: Row;
  readonly text: string;
  readonly hasButton: boolean;
}) {
  if (text === '') return null;
  if (!hasButton) return <span class="value">{text}</span>;
  return (
    <>
      <span class="value">{text}</span>
      <button
        type="button"
        class="plus"
        tabIndex={-1}
        title={`show only: ${text}`}
        aria-label={`show only ${text}`}
        onClick={(event) => {
          event.stopPropagation();
          void byValue(row.id, text);
        }}
      >
        +
      </button>
    </>
  );
}

/** The condition is that of the entry's own field which has this value; where none has, the text itself. */
async function byValue(id: number, text: string): Promise<void> {
  const detail = await desk.peek()?.detail(id);
  const facts = detail ? [...detail.sections.flatMap((section) => section.facts), ...detail.connection] : [];
  const fact =
    facts.find(({ value, query }) => query !== '' && value === text) ??
    facts.find(({ value, query }) => query !== '' && value !== '' && text.startsWith(value));
  filterBy(fact?.query ?? quoted(text));
}

export const quoted = (text: string): string => `"${text.replace(/["\\]/g, '\\$&')}"`;
