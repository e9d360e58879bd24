/** Operations of a GraphQL document: https://spec.graphql.org/October2021/#sec-Document. Their selections are passed over. */

export interface Operation {
  readonly type: 'query' | 'mutation' | 'subscription';
  /** '' for an anonymous one. */
  readonly name: string;
  /** Fields at the top, aliases and arguments left out. */
  readonly fields: readonly string[];
}

/** Documents have one operation, some a handful. */
const maxOperations = 50;
const maxFields = 20;

const ignored = /(?:[\s,\ufeff]|#[^\n\r]*|\xef\xbb\xbf)*/y;
const nameToken = /[_A-Za-z][_0-9A-Za-z]*/y;
const blockString = /"""(?:[^"\\]|\\"""|\\|"(?!""))*(?:""")?/y;
const plainString = /"(?:[^"\\\n\r]|\\.)*"?/y;
const number = /-?\d[\d.eE+-]*/y;

class Tokens {
  readonly #text: string;
  #at = 0;
  /** '' at the end. */
  token = '';
  isName = false;

  constructor(text: string) {
    this.#text = text;
    this.next();
  }

  next(): void {
    const text = this.#text;
    ignored.lastIndex = this.#at;
    ignored.test(text);
    const from = ignored.lastIndex;
    this.isName = false;
    if (from >= text.length) {
      this.token = '';
      return;
    }
    for (const rule of [nameToken, blockString, plainString, number]) {
      rule.lastIndex = from;
      if (!rule.test(text)) continue;
      this.isName = rule === nameToken;
      this.#at = rule.lastIndex;
      this.token = text.slice(from, this.#at);
      return;
    }
    this.#at = text.startsWith('...', from) ? from + 3 : from + 1;
    this.token = text.slice(from, this.#at);
  }

  /** Behind what closes the bracket that is the token now; false when the text ends before. */
  skipNested(): boolean {
    let depth = 0;
    do {
      if ('([{'.includes(this.token)) depth++;
      else if (')]}'.includes(this.token)) depth--;
      this.next();
    } while (depth > 0 && this.token !== '');
    return depth === 0;
  }
}

const types = new Set(['query', 'mutation', 'subscription']);

/** As far as the text goes, which may be cut; undefined: it is no document. */
export function parseDocument(text: string): Operation[] | undefined {
  const tokens = new Tokens(text);
  const operations: Operation[] = [];
  while (tokens.token !== '' && operations.length < maxOperations) {
    const { token } = tokens;
    if (token === 'fragment') {
      tokens.next();
      if (!tokens.isName) return undefined;
      while (tokens.token !== '' && tokens.token !== '{') tokens.next();
      if (tokens.token === '' || !tokens.skipNested()) break;
      continue;
    }
    let name = '';
    if (token !== '{') {
      if (!types.has(token)) return undefined;
      tokens.next();
      if (tokens.isName) {
        name = tokens.token;
        tokens.next();
      }
      // Variables and directives.
      while (tokens.token === '(' || tokens.token === '@') {
        if (tokens.token === '(') {
          if (!tokens.skipNested()) break;
        } else {
          tokens.next();
          tokens.next();
        }
      }
      if (tokens.token !== '{' && tokens.token !== '') return undefined;
    }
    const type = (token === '{' ? 'query' : token) as Operation['type'];
    operations.push({ type, name, fields: tokens.token === '{' ? selected(tokens) : [] });
  }
  return operations.length > 0 ? operations : undefined;
}

/** Names at the top of a selection; ends behind it. */
function selected(tokens: Tokens): string[] {
  const fields: string[] = [];
  tokens.next();
  while (tokens.token !== '' && tokens.token !== '}') {
    const { token, isName } = tokens;
    if ('([{'.includes(token)) {
      if (!tokens.skipNested()) break;
      continue;
    }
    tokens.next();
    if (token === '...') {
      // `... on Type`, `... @include(if: $a)`, `...Fragment`: whatever it is, no field.
      if (tokens.token === 'on') tokens.next();
      if (tokens.isName) tokens.next();
    } else if (token === '@') tokens.next();
    else if (isName) {
      if (tokens.token === ':') {
        tokens.next();
        if (tokens.isName && fields.length < maxFields) fields.push(tokens.token);
        tokens.next();
      } else if (fields.length < maxFields) fields.push(token);
    }
  }
  tokens.next();
  return fields;
}
