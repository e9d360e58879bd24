/** The lists. A name is compared in lower case with - and _ left out. */

export const mask = '***';

/** Headers whose whole value is a secret. */
const headers = new Set([
  'authorization',
  'proxyauthorization',
  'wwwauthenticate',
  'proxyauthenticate',
  'authenticationinfo',
  'cookie',
  'setcookie',
]);

/** Names of headers, parameters and body keys whose value is a secret: equal to one of these ... */
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
  'pin',
  'apikey',
  'key',
  'auth',
  'code',
  'sig',
  'signature',
  'sid',
  'session',
  'sessionid',
  'credentials',
  'credential',
  'assertion',
  'samlresponse',
  'samlrequest',
  'codeverifier',
]);

/** ... or with one of these in it. */
const parts = [
  'password',
  'passwd',
  'secret',
  'token',
  'apikey',
  'privatekey',
  'accesskey',
  'authkey',
  'credential',
  'signature',
  'sessionid',
];

/** In JSON these are mostly something else: error codes, keys of maps. */
const plainKeys = new Set(['code', 'key', 'pin', 'pass', 'auth', 'sid', 'session']);

/** More that give headers away. */
const headerParts = [...parts, 'authorization', 'jwt', 'assertion', 'cookie'];

/** Look like secrets by their name and are none. */
const harmless = new Set([
  'tokentype',
  'maxtokens',
  'tokens',
  'prompttokens',
  'completiontokens',
  'totaltokens',
  'passwordreset',
  'forgotpassword',
]);

function plain(name: string): string {
  return name.toLowerCase().replace(/[-_.\s]/g, '');
}

/** Names come again and again, but the network makes them up: this many verdicts are kept, then all go. */
const maxVerdicts = 4096;
/** Nobody uses longer names again and again. */
const maxName = 64;

function remembered(judge: (name: string) => boolean): (name: string) => boolean {
  const verdicts = new Map<string, boolean>();
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

/** A parameter or form field that holds a secret. */
export const isSecretName = remembered((name) => {
  const text = plain(name);
  if (harmless.has(text)) return false;
  return names.has(text) || parts.some((part) => text.includes(part));
});

export const isSecretHeader = remembered((name) => {
  const text = plain(name);
  return (
    headers.has(text) ||
    (text.startsWith('x') && isSecretName(text.slice(1))) ||
    headerParts.some((p) => text.includes(p))
  );
});

/** A JSON key that holds a secret. */
export const isSecretKey = remembered((name) => !plainKeys.has(plain(name)) && isSecretName(name));
