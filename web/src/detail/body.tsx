/** A body by its viewer: as it is meant, as text, as bytes. Nothing in it is ever taken as markup. */
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { BodyShown } from '../../../src/view/ports.ts';
import { bytes } from '../format.ts';
import { Hex } from './hex.tsx';
import { JsonTree, parsedJson } from './json-tree.tsx';

type Form = 'pretty' | 'text' | 'hex';

const pretty: Readonly<Partial<Record<BodyShown['viewer'], string>>> = {
  json: 'Tree',
  protobuf: 'Fields',
  form: 'Form',
  rows: 'Rows',
  image: 'Image',
};

export function BodyView({ body }: { readonly body: BodyShown }) {
  const made = body.viewer === 'json' || body.viewer === 'protobuf' ? parsedJson(body.text) : undefined;
  const hasPretty = pretty[body.viewer] !== undefined && (made !== undefined || !isTree(body.viewer));
  const form = useSignal<Form>(hasPretty ? 'pretty' : body.text === '' ? 'hex' : 'text');
  const forms: readonly (readonly [Form, string, boolean])[] = [
    ['pretty', pretty[body.viewer] ?? '', hasPretty],
    ['text', 'Text', body.text !== ''],
    ['hex', 'Hex', body.bytes.length > 0],
  ];
  return (
    <div class="body">
      <div class="body-head">
        <span class="label">
          Body{body.contentType && ` · ${body.contentType}`} · {bytes(body.totalLength)}
          {!body.isWhole && ' (cut)'}
          {body.encodings.length > 0 && ` · still ${body.encodings.join(', ')}`}
        </span>
        <span class="choices" role="group" aria-label="how the body is shown">
          {forms
            .filter(([, , isThere]) => isThere)
            .map(([name, label]) => (
              <button
                key={name}
                type="button"
                aria-pressed={form.value === name}
                onClick={() => {
                  form.value = name;
                }}
              >
                {label}
              </button>
            ))}
        </span>
      </div>
      <BodyForm body={body} form={form.value} made={made} />
    </div>
  );
}

const isTree = (viewer: BodyShown['viewer']) => viewer === 'json' || viewer === 'protobuf';

function BodyForm({
  body,
  form,
  made,
}: {
  readonly body: BodyShown;
  readonly form: Form;
  readonly made: unknown;
}) {
  if (form === 'hex') return <Hex data={body.bytes} label="bytes of the body" />;
  if (form === 'text') return <pre class="text">{body.text}</pre>;
  switch (body.viewer) {
    case 'json':
    case 'protobuf':
      return <JsonTree value={made} />;
    case 'form':
      return <FormFields text={body.text} />;
    case 'rows':
      return <Rows text={body.text} />;
    case 'image':
      return <Picture body={body} />;
    default:
      return <pre class="text">{body.text}</pre>;
  }
}

/** `name=value` lines, or the encoded form itself. */
function FormFields({ text }: { readonly text: string }) {
  const pairs = text.includes('\n')
    ? text.split('\n').map((line) => [line.split(/ ?= ?/)[0]!, line.replace(/^[^=]*= ?/, '')] as const)
    : [...new URLSearchParams(text)];
  return (
    <dl class="facts">
      {pairs.map(([name, value], i) => (
        <div key={i}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** Lines with tabs between the columns, names first. */
function Rows({ text }: { readonly text: string }) {
  const [head = [], ...rest] = text
    .replace(/\n$/, '')
    .split('\n')
    .map((line) => line.split('\t'));
  return (
    <div class="table-box">
      <table>
        <thead>
          <tr>
            {head.map((name, i) => (
              <th key={i} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rest.map((cells, i) => (
            <tr key={i}>
              {cells.map((cell, j) => (
                <td key={j}>{cell}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Rasters alone: an SVG is a document, and is shown as the text it is. */
const rasters = new Set([
  'image/png',
  'image/jpeg',
  'image/gif',
  'image/webp',
  'image/avif',
  'image/bmp',
  'image/x-icon',
]);

function Picture({ body }: { readonly body: BodyShown }) {
  const url = useSignal('');
  const type = body.contentType.split(';')[0]!.trim().toLowerCase();
  useEffect(() => {
    if (!rasters.has(type)) return;
    const made = URL.createObjectURL(new Blob([new Uint8Array(body.bytes)], { type }));
    url.value = made;
    return () => URL.revokeObjectURL(made);
  }, [body]);
  if (!rasters.has(type)) return <pre class="text">{body.text || 'not shown as a picture: see Hex'}</pre>;
  if (url.value === '') return null;
  return <img src={url.value} alt={`the body, ${type}`} class="picture" />;
}
