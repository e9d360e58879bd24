/** All rules together, over the kinds of text there are. Nothing is changed here: spans say where secrets are. */
import { decodeBase64 } from '../util/base64.ts';
import { latin1 } from '../util/bytes.ts';
import { cardName, findCards } from './cards.ts';
import { findForm, findMultipart, findSettings, formRules } from './forms.ts';
import { findHeader } from './headers.ts';
import { findElements, findKeys, keyRules } from './keys.ts';
import { createNames, type Names } from './names.ts';
import { fieldRule, type Rules } from './rules.ts';
import { createShapeFinder, type ShapeFinder, shortestShape } from './shapes.ts';
import { Spans } from './spans.ts';
import { findParameters, findParametersInText, findUserInfo, type UrlPlace, urlRules } from './urls.ts';

/** `?s=x` */
const shortest = 4;

export class Finders {
  readonly #rules: Rules;
  readonly names: Names;
  readonly #shapes: ShapeFinder;
  readonly #probe = new Spans();
  readonly #hasCards: boolean;

  constructor(rules: Rules) {
    this.#rules = rules;
    this.names = createNames(rules);
    this.#shapes = createShapeFinder(rules.off);
    this.#hasCards = !rules.off.has(cardName);
  }

  /** Of a header, a trailer, an entry of metadata. */
  header(name: string, value: string, spans: Spans): void {
    if (value === '') return;
    if (findHeader(name, value, spans, this.names, this.#rules.off)) return this.#patterns(value, spans);
    // Location, Referer, Origin, Link ...: URLs with tokens in them.
    this.url(value, spans);
    // gRPC's metadata in base64, which no form shows through.
    if (name.length > 4 && name.toLowerCase().endsWith('-bin') && value.length >= shortest) {
      const probe = this.#probe;
      probe.clear();
      this.#anywhere(latin1(decodeBase64(value)), probe);
      if (probe.count > 0) {
        let what = '';
        probe.each((_from, _to, found) => {
          what ||= found;
        });
        spans.add(0, value.length, what);
      }
    }
  }

  /** A URL, a path, or a line with one in it. */
  url(text: string, spans: Spans): void {
    if (text.length < shortest) return;
    this.#url(text, spans, 'url');
    this.#anywhere(text, spans);
  }

  /** Whether such a field of an exchange is a secret whatever it holds. */
  isSecretField(name: string): boolean {
    return this.names.declared(name) !== 'no' && !this.#rules.off.has(fieldRule);
  }

  /** A field's value: a URL, or a text that a message begins with: JSON, maybe cut, maybe behind a number. */
  value(isSecret: boolean, text: string, spans: Spans): void {
    if (isSecret) return spans.add(0, text.length, fieldRule);
    if (text.length < shortest) return;
    this.#url(text, spans, 'url');
    if (text.length > shortest && text.includes(':')) this.#keys(text, spans, !text.includes('{"'));
    this.#anywhere(text, spans);
  }

  #url(text: string, spans: Spans, place: UrlPlace): void {
    const { off } = this.#rules;
    if (!off.has(urlRules.user) && text.includes('@')) findUserInfo(text, spans, place);
    if (off.has(urlRules.parameter) || !text.includes('=')) return;
    if (place === 'url') findParameters(text, spans, this.names, off);
    else findParametersInText(text, spans, this.names);
  }

  #keys(text: string, spans: Spans, isGraphql: boolean): void {
    findKeys(text, spans, { names: this.names, off: this.#rules.off, isGraphql });
  }

  /** Text of a body by its type; forms are told by content when the type says nothing. */
  text(contentType: string, text: string, spans: Spans): void {
    if (text.length < shortest) return;
    const type = contentType.toLowerCase();
    const { off } = this.#rules;
    const isForm = type.includes('form-urlencoded') || (type === '' && /^[\w.%+[\]-]{1,256}=/.test(text));
    if (!off.has(formRules.field)) {
      if (type.includes('multipart/')) findMultipart(contentType, text, spans, this.names);
      else if (isForm) findForm(text, spans, this.names, (value) => this.#isSecret(value));
    }
    if (text.includes(':')) this.#keys(text, spans, type.includes('graphql'));
    if (!off.has(keyRules.xml) && text.includes('</')) findElements(text, spans, this.names);
    if (!isForm && !off.has(formRules.setting) && type.startsWith('text/') && text.includes('='))
      findSettings(text, spans, this.names);
    if (!isForm) this.#url(text, spans, 'text');
    this.#anywhere(text, spans);
  }

  /** What shows by its form, and what a rules file has patterns for. */
  #anywhere(text: string, spans: Spans): void {
    if (text.length >= shortestShape) {
      this.#shapes.find(text, spans);
      if (this.#hasCards) findCards(text, spans);
    }
    this.#patterns(text, spans);
  }

  #patterns(text: string, spans: Spans): void {
    for (const { name, finder } of this.#rules.patterns) {
      const end = finder.find(text, (from, to) => spans.add(from, to, name));
      // Too intricate to be told in time: the rest may be anything.
      if (end < text.length) spans.add(end, text.length, name);
    }
  }

  /** Whether there is anything in a decoded value that shows by its form, or by keys within it. */
  #isSecret(value: string): boolean {
    const probe = this.#probe;
    probe.clear();
    this.#anywhere(value, probe);
    if (value.includes('"')) this.#keys(value, probe, false);
    return probe.count > 0;
  }

  /** Texts that the rules file says are none; called with what is about to be masked. */
  isAllowed(text: string): boolean {
    return this.#rules.allowedTexts.size > 0 && this.#rules.allowedTexts.has(text);
  }
}
