/** The words that name targets: `web`, `web,db`, `shop-*`, `label=tier=front`, `compose:web`, `pid:7` ... */
import { createMatcher, type Matcher, PatternError } from '../util/regex/index.ts';
import { TargetError } from './errors.ts';
import { isGlob, matchesGlob } from './glob.ts';
import { type LabelSelector, parseLabelSelector } from './label-selector.ts';
import type { Container } from './runtime.ts';

/** `text` is what was typed, for people. */
export type Selector =
  /** Exact name, full id or id prefix; `runtime` '' means any. */
  | { readonly kind: 'name'; readonly text: string; readonly name: string; readonly runtime: string }
  | { readonly kind: 'glob'; readonly text: string; readonly pattern: string; readonly runtime: string }
  /** By a pattern within slashes, as in `/^web-\d+$/`. */
  | { readonly kind: 'regex'; readonly text: string; readonly pattern: Matcher }
  | {
      readonly kind: 'label';
      readonly text: string;
      readonly key: string;
      readonly value: string | undefined;
    }
  /** `project` '' means any; both may be globs. */
  | { readonly kind: 'compose'; readonly text: string; readonly project: string; readonly unit: string }
  /** By the image, whole or in part: `nginx`, `nginx:1.27`, `ghcr.io/x/*`. */
  | { readonly kind: 'image'; readonly text: string; readonly pattern: string }
  /** Every container that runs. */
  | { readonly kind: 'all'; readonly text: string }
  /** A pod, or one container of it; '' means any. */
  | {
      readonly kind: 'pod';
      readonly text: string;
      readonly namespace: string;
      readonly pod: string;
      readonly container: string;
    }
  /** Pods by their labels; '' means any namespace. */
  | {
      readonly kind: 'pods';
      readonly text: string;
      readonly namespace: string;
      readonly labels: LabelSelector;
    }
  | { readonly kind: 'pid'; readonly text: string; readonly pid: number }
  /** Processes by their command's name; may be a glob. */
  | { readonly kind: 'comm'; readonly text: string; readonly comm: string }
  /** Who listens there. */
  | { readonly kind: 'port'; readonly text: string; readonly port: number }
  | { readonly kind: 'netns'; readonly text: string; readonly name: string }
  | { readonly kind: 'path'; readonly text: string; readonly path: string }
  | { readonly kind: 'host'; readonly text: string };

export type ContainerSelector = Extract<
  Selector,
  { kind: 'name' | 'glob' | 'regex' | 'label' | 'compose' | 'pod' | 'pods' | 'image' | 'all' }
>;

const forms =
  'a target is a container name or id prefix, a glob, /REGEX/, label=KEY[=VALUE], compose:NAME, PROJECT/NAME, pod/NAME, NAMESPACE/POD, pods:NAMESPACE?LABELS, pid:NUMBER, comm:NAME, port:NUMBER, image:NAME, netns:NAME, a path, host or all';

/** Highest number that fits a pid: PID_MAX_LIMIT, include/linux/threads.h */
const pidMax = 4_194_304;

/** Throws TargetError of kind usage. */
export function parseSelectors(spec: string): Selector[] {
  return parts(spec).map((part) => {
    const text = part.trim();
    if (text === '') throw new TargetError('usage', `empty target in '${spec}'`, forms);
    return parseSelector(text);
  });
}

/** A pattern within slashes may hold commas; a path of that form would be a directory's. */
const regexForm = /^\s*\/((?:[^/\\]|\\.)+)\/(i?)\s*$/;
const regexAhead = /^\s*\/(?:[^/\\]|\\.)+\/i?\s*(?=,|$)/;

/** What commas part; a selector of labels has commas of its own. */
function parts(spec: string): string[] {
  if (spec.trim().startsWith('pods:')) return [spec];
  const found: string[] = [];
  for (let rest = spec; ; ) {
    const part = regexAhead.exec(rest)?.[0] ?? /^[^,]*/.exec(rest)![0];
    found.push(part);
    if (part.length === rest.length) return found;
    rest = rest.slice(part.length + 1);
  }
}

function parseRegex(text: string, pattern: string, isCaseless: boolean): Selector {
  try {
    // Names are told apart by case too, so patterns do.
    return { kind: 'regex', text, pattern: createMatcher(isCaseless ? pattern : `(?-i)${pattern}`) };
  } catch (error) {
    if (!(error instanceof PatternError)) throw error;
    throw new TargetError('usage', `${text}: ${error.message}`, forms);
  }
}

function parseSelector(text: string): Selector {
  if (text === 'host' || text === 'all') return { kind: text, text };
  const [, pattern, flag] = regexForm.exec(text) ?? [];
  if (pattern !== undefined) return parseRegex(text, pattern, flag === 'i');
  if (/^\.{0,2}\//.test(text)) return { kind: 'path', text, path: text };
  if (text.startsWith('label=')) return parseLabel(text, text.slice('label='.length));
  const [, scheme, rest] = /^([a-z]+):(.*)$/s.exec(text) ?? [];
  switch (scheme) {
    case undefined:
      break;
    case 'pid': {
      const pid = Number(rest);
      if (!/^\d+$/.test(rest!) || pid < 1 || pid > pidMax)
        throw new TargetError('usage', `'${text}': a pid is a number from 1 to ${pidMax}`, forms);
      return { kind: 'pid', text, pid };
    }
    case 'netns':
      if (rest!.includes('/')) return { kind: 'path', text, path: rest! };
      return { kind: 'netns', text, name: wanted(text, rest!) };
    case 'compose':
      return parseCompose(text, wanted(text, rest!));
    case 'image':
      return { kind: 'image', text, pattern: wanted(text, rest!) };
    case 'pod':
      return parsePod(text, wanted(text, rest!));
    case 'pods':
      return parsePods(text, rest!);
    case 'comm':
      return { kind: 'comm', text, comm: wanted(text, rest!) };
    case 'port': {
      const port = Number(rest);
      if (!/^\d+$/.test(rest!) || port < 1 || port > 65535)
        throw new TargetError('usage', `'${text}': a port is a number from 1 to 65535`, forms);
      return { kind: 'port', text, port };
    }
    case 'docker':
    case 'podman':
    case 'containerd':
    case 'cri':
    case 'machine':
      return isGlob(rest!)
        ? { kind: 'glob', text, pattern: rest!, runtime: scheme }
        : { kind: 'name', text, name: wanted(text, rest!), runtime: scheme };
    default:
      throw new TargetError('usage', `'${text}': no kind of target is called '${scheme}:'`, forms);
  }
  if (text.startsWith('pod/')) return parsePod(text, text.slice('pod/'.length));
  if (text.includes('/')) return parseCompose(text, text);
  if (isGlob(text)) return { kind: 'glob', text, pattern: text, runtime: '' };
  return { kind: 'name', text, name: text, runtime: '' };
}

function wanted(text: string, rest: string): string {
  if (rest === '') throw new TargetError('usage', `'${text}': a name is missing after the colon`, forms);
  return rest;
}

function parseLabel(text: string, rest: string): Selector {
  const equals = rest.indexOf('=');
  const key = equals < 0 ? rest : rest.slice(0, equals);
  if (key === '') throw new TargetError('usage', `'${text}': the label's key is missing`, forms);
  return { kind: 'label', text, key, value: equals < 0 ? undefined : rest.slice(equals + 1) };
}

function parseCompose(text: string, rest: string): Selector {
  const parts = rest.split('/');
  if (parts.length > 2 || parts.some((p) => p === ''))
    throw new TargetError('usage', `'${text}': a compose target is PROJECT/NAME or compose:NAME`, forms);
  return { kind: 'compose', text, project: parts.length === 2 ? parts[0]! : '', unit: parts.at(-1)! };
}

/** `pod/NAME` and `pod/NAME/CONTAINER`; `pod:NAME` and `pod:NAMESPACE/NAME`. */
function parsePod(text: string, rest: string): Selector {
  const parts = rest.split('/');
  if (parts.length > 2 || parts.some((p) => p === ''))
    throw new TargetError(
      'usage',
      `'${text}': a pod is pod/NAME, pod/NAME/CONTAINER or pod:NAMESPACE/NAME`,
      forms,
    );
  const [first, second = ''] = parts as [string, string?];
  const isPath = text.startsWith('pod/');
  return {
    kind: 'pod',
    text,
    namespace: !isPath && second !== '' ? first : '',
    pod: !isPath && second !== '' ? second : first,
    container: isPath ? second : '',
  };
}

/** `pods:shop`, `pods:shop?app=web,tier in (a,b)`, `pods:?app=web`, `pods:` */
function parsePods(text: string, rest: string): Selector {
  const [namespace = '', ...more] = rest.split('?');
  const labels = parseLabelSelector(more.join('?'));
  if (typeof labels !== 'function')
    throw new TargetError(
      'usage',
      `'${text}': a selector of labels cannot be read at '${labels.wrong}'`,
      forms,
    );
  return { kind: 'pods', text, namespace, labels };
}

/** Labels that docker compose sets: docker/compose pkg/api/labels.go */
export const composeLabels = {
  project: 'com.docker.compose.project',
  unit: 'com.docker.compose.service',
  oneoff: 'com.docker.compose.oneoff',
} as const;

/** Does the container belong to what the selector names? A pure question: state is not looked at. */
export function selects(selector: ContainerSelector, container: Container): boolean {
  const { labels } = container;
  switch (selector.kind) {
    case 'name':
      return (
        (selector.runtime === '' || selector.runtime === container.runtime) &&
        (container.name === selector.name || container.id.startsWith(selector.name))
      );
    case 'glob':
      return (
        (selector.runtime === '' || selector.runtime === container.runtime) &&
        matchesGlob(selector.pattern, container.name)
      );
    case 'regex':
      return selector.pattern.text(container.name);
    case 'label':
      return (
        Object.hasOwn(labels, selector.key) &&
        (selector.value === undefined || labels[selector.key] === selector.value)
      );
    case 'image':
      return imageNames(container.image).some((name) => matchesGlob(selector.pattern, name));
    case 'all':
      return true;
    case 'pod':
      return isPodNamed(container, selector.namespace, selector.pod, selector.container);
    case 'pods':
      return isPodNamed(container, selector.namespace, '*', '') && selector.labels(labels);
    case 'compose':
      // Without `compose:` in front it may be NAMESPACE/POD and POD/CONTAINER as well.
      if (container.pod && !selector.text.startsWith('compose:')) {
        const { project, unit } = selector;
        return isPodNamed(container, project, unit, '') || isPodNamed(container, '', project, unit);
      }
      return (
        matchesGlob(selector.unit, labels[composeLabels.unit] ?? '') &&
        (selector.project === '' || matchesGlob(selector.project, labels[composeLabels.project] ?? '')) &&
        labels[composeLabels.project] !== undefined &&
        // `docker compose run` makes one-off containers: they are not the one that is meant.
        labels[composeLabels.oneoff]?.toLowerCase() !== 'true'
      );
  }
}

/** The sandbox stands for its pod; '' as namespace means any. */
function isPodNamed(container: Container, namespace: string, pod: string, unit: string): boolean {
  const place = container.pod;
  if (!place || (namespace !== '' && !matchesGlob(namespace, place.namespace))) return false;
  if (!matchesGlob(pod, place.name)) return false;
  return unit === '' ? place.container === '' : place.container !== '' && matchesGlob(unit, place.container);
}

/**
 * What people call an image: `nginx` and `nginx:1.27` are `docker.io/library/nginx:1.27@sha256:...` too.
 * github.com/distribution/reference
 */
function imageNames(image: string): string[] {
  const tagged = image.replace(/@sha256:[0-9a-f]+$/, '');
  const untagged = tagged.replace(/:[\w.-]+$/, '');
  const last = (name: string) => name.slice(name.lastIndexOf('/') + 1);
  return [...new Set([image, tagged, untagged, last(tagged), last(untagged)])].filter((name) => name !== '');
}
