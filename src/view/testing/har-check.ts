/** HAR 1.2 as its specification has it (http://www.softwareishard.com/blog/har-12-spec/): what must be there, of which type. */

type Kind = 'string' | 'number' | 'boolean' | 'date' | 'object' | 'url';
/** `name?` may be left out; a table is an object's, in a list a list's of them. */
type Form = { readonly [name: string]: Kind | Form | readonly [Form] };

const pair: Form = { name: 'string', value: 'string', 'comment?': 'string' };
const cookie: Form = {
  ...{ name: 'string', value: 'string', 'path?': 'string', 'domain?': 'string', 'expires?': 'date' },
  ...{ 'httpOnly?': 'boolean', 'secure?': 'boolean', 'comment?': 'string' },
};

const request: Form = {
  ...{ method: 'string', url: 'url', httpVersion: 'string', cookies: [cookie], headers: [pair] },
  queryString: [pair],
  'postData?': {
    mimeType: 'string',
    'params?': [{ name: 'string', 'value?': 'string', 'fileName?': 'string', 'contentType?': 'string' }],
    text: 'string',
    'comment?': 'string',
  },
  ...{ headersSize: 'number', bodySize: 'number', 'comment?': 'string' },
};

const response: Form = {
  ...{ status: 'number', statusText: 'string', httpVersion: 'string', cookies: [cookie], headers: [pair] },
  content: {
    ...{ size: 'number', 'compression?': 'number', mimeType: 'string', 'text?': 'string' },
    ...{ 'encoding?': 'string', 'comment?': 'string' },
  },
  ...{ redirectURL: 'string', headersSize: 'number', bodySize: 'number', 'comment?': 'string' },
};

const timings: Form = {
  ...{ 'blocked?': 'number', 'dns?': 'number', 'connect?': 'number', send: 'number', wait: 'number' },
  ...{ receive: 'number', 'ssl?': 'number', 'comment?': 'string' },
};

const har: Form = {
  log: {
    version: 'string',
    creator: { name: 'string', version: 'string', 'comment?': 'string' },
    'browser?': { name: 'string', version: 'string', 'comment?': 'string' },
    'pages?': [{ startedDateTime: 'date', id: 'string', title: 'string', pageTimings: 'object' }],
    entries: [
      {
        ...{ 'pageref?': 'string', startedDateTime: 'date', time: 'number', request, response },
        ...{ cache: 'object', timings, 'serverIPAddress?': 'string', 'connection?': 'string' },
        'comment?': 'string',
      },
    ],
    'comment?': 'string',
  },
};

/** RFC 3339, with a zone. */
const date = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

/** What is wrong, a line each. Names that begin with `_` are extensions (section "Custom fields"). */
export function harComplaints(given: unknown): string[] {
  const found: string[] = [];
  check(given, har, 'har', found);
  const entries = (given as { log?: { entries?: Entry[] } }).log?.entries ?? [];
  for (const [i, { time, timings }] of entries.entries()) {
    // "time = blocked + dns + connect + send + wait + receive", without those that are -1; ssl is in connect.
    const { ssl = -1, connect = -1, ...rest } = timings;
    const sum = [connect, ...Object.values(rest)].filter((ms) => ms > 0).reduce((a, b) => a + b, 0);
    if (Math.abs(sum - time) > 1e-6) found.push(`entries[${i}].time is ${time}, its timings are ${sum}`);
    if (ssl > connect) found.push(`entries[${i}].timings.ssl is more than connect`);
    for (const name of ['send', 'wait', 'receive'])
      if (!(timings[name]! >= 0)) found.push(`entries[${i}].timings.${name} must be there`);
  }
  return found;
}

interface Entry {
  readonly time: number;
  readonly timings: Readonly<Record<string, number>>;
}

function check(value: unknown, form: Form, path: string, found: string[]): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    found.push(`${path} is no object`);
    return;
  }
  const given = value as Record<string, unknown>;
  const names = new Set(Object.keys(form).map((name) => name.replace('?', '')));
  for (const name in given)
    if (!names.has(name) && !name.startsWith('_')) found.push(`${path}.${name} is not in the specification`);
  for (const [written, kind] of Object.entries(form)) {
    const name = written.replace('?', '');
    const one = given[name];
    const where = `${path}.${name}`;
    if (one === undefined) {
      if (name === written) found.push(`${where} is missing`);
    } else if (Array.isArray(kind)) {
      if (!Array.isArray(one)) found.push(`${where} is no list`);
      else for (const [i, item] of one.entries()) check(item, kind[0], `${where}[${i}]`, found);
    } else if (typeof kind === 'object') check(one, kind as Form, where, found);
    else if (!is(one, kind as Kind)) found.push(`${where} is no ${kind}: ${JSON.stringify(one)}`);
  }
}

function is(value: unknown, kind: Kind): boolean {
  if (kind === 'date') return typeof value === 'string' && date.test(value);
  if (kind === 'url') return typeof value === 'string' && URL.canParse(value);
  if (kind === 'number') return typeof value === 'number' && Number.isFinite(value);
  return typeof value === kind;
}
