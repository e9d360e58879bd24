/** Which names say that their value is a secret. A name is compared in lower case with - _ . and blanks left out. */

/** Headers whose whole value is a secret; how much of it is shown is up to `headers.ts`. */
const headers = new Set([
  'authorization',
  'proxyauthorization',
  'wwwauthenticate',
  'proxyauthenticate',
  'authenticationinfo',
  'cookie',
  'setcookie',
]);

/** Names of headers, parameters and keys whose value is a secret: equal to one of these ... */
const names = new Set([
  'password',
  'passwd',
  'pwd',
  'pass',
  'passphrase',
  'secret',
  'token',
  'jwt',
  'otp',
  'totp',
  'pin',
  'cvv',
  'cvc',
  'apikey',
  'key',
  'auth',
  'code',
  'sig',
  'signature',
  'sid',
  'session',
  'sessionid',
  'phpsessid',
  'credentials',
  'credential',
  'assertion',
  'clientassertion',
  'samlresponse',
  'samlrequest',
  'codeverifier',
  'authorization',
  'cookie',
  'setcookie',
  'dpop',
]);

/** ... or with one of these at its end: the last word says what it is (`token_endpoint` is no token). */
const endings = [
  'password',
  'passwd',
  'passphrase',
  'secret',
  'token',
  'apikey',
  'privatekey',
  'accesskey',
  'accesskeyid',
  'secretkey',
  'sharedkey',
  'masterkey',
  'accountkey',
  'subscriptionkey',
  'functionskey',
  'signingkey',
  'encryptionkey',
  'authkey',
  'credential',
  'signature',
  'sessionid',
  'sessionkey',
  'connectionstring',
];

/** More that give headers away. */
const headerEndings = [...endings, 'authorization', 'jwt', 'assertion', 'cookie'];

/** What may follow the word that tells: `password_confirmation`, `token2`, `x-auth-token-bin`. */
const suffixes =
  /(?:confirmation|confirm|confirmed|again|repeat|repeated|verify|value|hash|text|raw|plain|plaintext|encoded|encrypted|base64|b64|hex|new|old|current|string|bin|[0-9]+)$/;

/** In JSON these are mostly something else: error codes, keys of maps, signatures that everybody may see. */
const plainKeys = new Set(['code', 'key', 'pin', 'pass', 'auth', 'sid', 'session', 'sig', 'signature']);

/** Look like secrets by their name and are none. */
const harmless = new Set([
  'tokentype',
  'passwordreset',
  'forgotpassword',
  'resetpassword',
  'changepassword',
  'nextpassword',
  'accesscontrolallowcredentials',
  'withcredentials',
  'hascredentials',
  'haspassword',
  'needspassword',
  'requirespassword',
  'showpassword',
  // Places in lists (Google's and AWS's interfaces), and in texts (tokenizers').
  'nexttoken',
  'pagetoken',
  'nextpagetoken',
  'prevpagetoken',
  'previouspagetoken',
  'continuationtoken',
  'nextcontinuationtoken',
  'synctoken',
  'nextsynctoken',
  'starttoken',
  'endtoken',
  'unktoken',
  'padtoken',
  'eostoken',
  'bostoken',
  'septoken',
  'clstoken',
  'masktoken',
  'cancellationtoken',
]);

/** no: none. yes: a secret. several: a list of them, or how many there are: numbers are counts. */
export type Verdict = 'no' | 'yes' | 'several';

export function plainName(name: string): string {
  return name.toLowerCase().replace(/[-_.\s[\]]/g, '');
}

/** Names come again and again, but the network makes them up: this many verdicts are kept, then all go. */
const maxVerdicts = 4096;
/** Nobody uses longer names again and again. */
const maxName = 64;

function remembered(judge: (name: string) => Verdict): (name: string) => Verdict {
  const verdicts = new Map<string, Verdict>();
  return (name) => {
    let verdict = verdicts.get(name);
    if (verdict !== undefined) return verdict;
    verdict = judge(name);
    if (name.length > maxName) return verdict;
    if (verdicts.size >= maxVerdicts) verdicts.clear();
    // A copy: a part of a text keeps all of it in memory.
    verdicts.set(` ${name}`.slice(1), verdict);
    return verdict;
  };
}

export interface AddedNames {
  readonly headers: readonly string[];
  /** Of URLs. */
  readonly parameters: readonly string[];
  /** Of forms, and of what protocols declare. */
  readonly fields: readonly string[];
  /** Of JSON, of GraphQL's arguments and variables, of XML's elements. */
  readonly keys: readonly string[];
  readonly allow: readonly string[];
}

export interface Names {
  header(name: string): Verdict;
  parameter(name: string): Verdict;
  /** Of a form. */
  field(name: string): Verdict;
  key(name: string): Verdict;
  /** Of an exchange: ours, so that only clear ones count. `http.response.code` is a status, not a login code. */
  declared(name: string): Verdict;
}

export function createNames(added: AddedNames): Names {
  const plain = (list: readonly string[]) => new Set(list.map(plainName));
  const allowed = plain(added.allow);
  const more = {
    headers: plain(added.headers),
    parameters: plain(added.parameters),
    fields: plain(added.fields),
    keys: plain(added.keys),
  };

  function judge(text: string, own: ReadonlySet<string>, ends: readonly string[]): Verdict {
    if (allowed.has(text)) return 'no';
    if (own.has(text)) return 'yes';
    if (harmless.has(text) || text.length < 3) return 'no';
    if (names.has(text)) return 'yes';
    let core = text;
    for (let shorter = core; shorter.length > 2; core = shorter) {
      if (ends.some((end) => core.endsWith(end))) return 'yes';
      shorter = core.replace(suffixes, '');
      if (shorter === core) break;
    }
    const one = core.endsWith('s') ? core.slice(0, -1) : '';
    return one !== '' && !harmless.has(one) && ends.some((end) => one.endsWith(end)) ? 'several' : 'no';
  }

  return {
    header: remembered((name) => {
      const text = plainName(name);
      if (allowed.has(text)) return 'no';
      if (headers.has(text)) return 'yes';
      // `X-Session`; `Key` alone is none.
      const own = text.startsWith('x') ? judge(text.slice(1), more.headers, endings) : 'no';
      if (own !== 'no') return own;
      const found = judge(text, more.headers, headerEndings);
      return found !== 'no' && names.has(text) && !more.headers.has(text) && !headerEndings.includes(text)
        ? 'no'
        : found;
    }),
    parameter: remembered((name) => judge(plainName(name), more.parameters, endings)),
    field: remembered((name) => judge(plainName(name), more.fields, endings)),
    key: remembered((name) => {
      const text = plainName(name);
      const isPlain = plainKeys.has(text) || plainKeys.has(text.replace(/s$/, ''));
      return isPlain && !more.keys.has(text) ? 'no' : judge(text, more.keys, endings);
    }),
    declared: remembered((name) => {
      const last = plainName(name.slice(name.lastIndexOf('.') + 1));
      if (more.fields.has(plainName(name))) return 'yes';
      return last === 'code' || last === 'key' ? 'no' : judge(last, more.fields, endings);
    }),
  };
}
