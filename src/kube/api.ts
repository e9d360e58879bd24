/**
 * The API server: requests, watches, and streams over WebSocket, as the kubeconfig says who we are and how it is
 * reached. https://kubernetes.io/docs/reference/using-api/api-concepts/
 */
import type { IncomingMessage, RequestOptions } from 'node:http';
import { request as requestTls } from 'node:https';
import type { ClientOptions, WebSocket } from 'ws';
import { Access, type AccessOptions } from './access.ts';
import { KubeError } from './selection.ts';
import { Turns } from './turns.ts';

export interface ApiOptions extends AccessOptions {
  /** Acts as somebody else. */
  readonly as?: string;
  readonly asGroups?: readonly string[];
  /** Nothing in the cluster is made, changed or deleted: what would do so is refused here, before it is sent. */
  readonly readOnly?: boolean;
}

/** An answer of the API server that is an error: metav1.Status. */
export class ApiError extends KubeError {
  /** HTTP status; 0: no answer. */
  readonly status: number;
  /** 'NotFound', 'Forbidden', 'AlreadyExists' ...; '' none. */
  readonly reason: string;
  /** When to come again; of a 429. */
  retryMs = 1000;
  constructor(message: string, status: number, reason = '', hint = '') {
    super(message, hint);
    this.status = status;
    this.reason = reason;
  }
}

export interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly object: object;
}

/** Channels of one WebSocket: stdin 0, stdout 1, stderr 2, status 3; or data and error of a forwarded port. */
export interface Channels {
  send(channel: number, bytes: Uint8Array): void;
  /** The sender may go on when so little is left to be sent. */
  readonly buffered: number;
  /** Nothing more is read; what was under way still comes. */
  pause(): void;
  resume(): void;
  close(): void;
}

export interface ChannelListener {
  data(channel: number, bytes: Uint8Array): void;
  ended(why: string): void;
}

/** A question is answered within so long, or the server is not there. kubectl waits for ever. */
const answerMs = 15_000;
/** A list of all pods of a large cluster comes in pages: of so many, as kubectl asks for. */
const pageItems = 500;
/** A list that outlives its version (etcd forgets it after five minutes) is begun anew, so often. */
const listsMax = 3;
/**
 * Under way at once: a watch of a thousand nodes does not begin with a thousand connections in one moment. The server
 * lets a user who is nobody special have some tens of seats (API Priority and Fairness, workload-low).
 */
const atOnce = 32;
/** Of answers 429, which say when to come again; and the longest such wait. */
const triesMax = 6;
const waitMaxMs = 10_000;
/** An answer beyond this is not one of ours. */
const answerBytes = 64 * 1024 * 1024;

/** A PATCH is a server-side apply; JSON is YAML. */
const contentTypes: Readonly<Record<string, string>> = { PATCH: 'application/apply-patch+yaml' };

/** Questions that are posted and of which nothing is kept: who am I, may I. */
const reviews = /^\/apis\/(authentication|authorization)\.k8s\.io\/v1\/selfsubject\w+reviews$/;

/** remotecommand's and port-forward's protocols: 5 can close stdin alone. */
const streamProtocols = ['v5.channel.k8s.io', 'v4.channel.k8s.io'];

export class KubeApi {
  readonly #access: Access;
  readonly #as: Record<string, string | readonly string[]> = {};
  readonly #isReadOnly: boolean;
  readonly #turns = new Turns(atOnce);
  /** Of the context; 'default' where it names none. */
  readonly namespace: string;
  readonly server: string;
  readonly user: string;
  readonly context: string;
  /** Questions asked, watches opened: what a server is burdened with. */
  readonly asked = { requests: 0, watches: 0, streams: 0 };

  /** Throws KubeError: no kubeconfig, no such context. */
  static async load(options: ApiOptions): Promise<KubeApi> {
    return new KubeApi(await Access.load(options), options);
  }

  private constructor(access: Access, options: ApiOptions) {
    this.#access = access;
    this.#isReadOnly = options.readOnly === true;
    this.namespace = access.namespace;
    this.server = access.server;
    this.user = access.user;
    this.context = access.context;
    if (options.as !== undefined) this.#as['Impersonate-User'] = options.as;
    if (options.asGroups?.length) this.#as['Impersonate-Group'] = options.asGroups;
  }

  get<T extends object>(path: string, query: Readonly<Record<string, string>> = {}): Promise<T> {
    return this.#json<T>('GET', path, query);
  }

  post<T extends object>(
    path: string,
    body: object,
    query: Readonly<Record<string, string>> = {},
  ): Promise<T> {
    return this.#json<T>('POST', path, query, body);
  }

  /** What is no JSON: logs. */
  async text(path: string, query: Readonly<Record<string, string>> = {}): Promise<string> {
    const answer = await this.#request('GET', path, query);
    if (answer.statusCode !== 200) throw await failure(answer, `GET ${path}`);
    return textOf(answer);
  }

  /** Server-side apply: makes it, or changes what is ours of it. Takes over fields that others have set. */
  apply<T extends object>(path: string, body: object): Promise<T> {
    return this.#json<T>('PATCH', path, { fieldManager: 'porthole', force: 'true' }, body);
  }

  /** Strategic merge: lists are joined by the names in them. */
  patch<T extends object>(
    path: string,
    body: object,
    query: Readonly<Record<string, string>> = {},
  ): Promise<T> {
    return this.#json<T>('PATCH', path, query, body, 'application/strategic-merge-patch+json');
  }

  delete(path: string, query: Readonly<Record<string, string>> = {}): Promise<object> {
    return this.#json('DELETE', path, query);
  }

  /**
   * A list, page after page, none of which is kept.
   * @param begin a list begins, for the second time when the server has forgotten the first one's version
   * @returns the version a watch goes on from
   */
  async pages(
    path: string,
    query: Readonly<Record<string, string>>,
    on: { begin(): void; page(items: readonly object[]): void },
  ): Promise<string> {
    for (let lists = 1; ; lists++) {
      on.begin();
      try {
        for (let next = ''; ; ) {
          const page = await this.get<{
            items?: object[];
            metadata?: { continue?: string; resourceVersion?: string };
          }>(path, { ...query, limit: `${pageItems}`, ...(next === '' ? {} : { continue: next }) });
          on.page(page.items ?? []);
          next = page.metadata?.continue ?? '';
          if (next === '') return page.metadata?.resourceVersion ?? '';
        }
      } catch (error) {
        if (!(error instanceof ApiError) || error.status !== 410 || lists >= listsMax) throw error;
      }
    }
  }

  /** Every item of a list, and the version a watch goes on from. */
  async list(
    path: string,
    query: Readonly<Record<string, string>> = {},
  ): Promise<{ items: object[]; version: string }> {
    let items: object[] = [];
    const version = await this.pages(path, query, {
      begin: () => {
        items = [];
      },
      page: (more) => items.push(...more),
    });
    return { items, version };
  }

  /** Events until `stop`, or until the server ends it, which it does now and then. */
  async watch(
    path: string,
    query: Readonly<Record<string, string>>,
    onEvent: (event: WatchEvent) => void,
    onEnd: (why: string) => void,
  ): Promise<{ stop(): void }> {
    this.asked.watches++;
    const answer = await this.#request('GET', path, { ...query, watch: 'true', allowWatchBookmarks: 'true' });
    if (answer.statusCode !== 200) throw await failure(answer, `watch ${path}`);
    let held = '';
    let isStopped = false;
    answer.setEncoding('utf8');
    answer.on('data', (text: string) => {
      const lines = (held + text).split('\n');
      held = lines.pop()!;
      for (const line of lines) if (line !== '' && !isStopped) onEvent(JSON.parse(line) as WatchEvent);
    });
    answer.once('close', () => {
      if (!isStopped) onEnd('the server has ended the watch');
    });
    answer.on('error', () => {});
    return {
      stop() {
        isStopped = true;
        answer.destroy();
      },
    };
  }

  /** A stream of channels: attach, exec, port-forward. Throws ApiError when the server refuses it. */
  async channels(
    path: string,
    query: readonly [string, string][],
    listener: ChannelListener,
  ): Promise<Channels> {
    // A forwarded port reaches an agent that is there; exec and attach act in a container.
    if (this.#isReadOnly && !path.endsWith('/portforward')) throw readOnly(`connect ${path}`);
    this.asked.streams++;
    const { WebSocket: Socket } = await import('ws');
    const url = new URL(this.server.replace(/^http/, 'ws').replace(/\/$/, '') + path);
    for (const [name, value] of query) url.searchParams.append(name, value);
    const options: ClientOptions = { handshakeTimeout: answerMs, perMessageDeflate: false };
    Object.assign(options, await this.#access.options());
    options.headers = { ...options.headers, ...(this.#as as Record<string, string>) };
    const open = async (over: ClientOptions) => {
      const socket = new Socket(url, streamProtocols, over);
      // Before it is open: the first messages may have come with the server's consent.
      socket.on('message', (bytes: Buffer) => {
        if (bytes.length > 1)
          listener.data(bytes[0]!, new Uint8Array(bytes.buffer, bytes.byteOffset + 1, bytes.length - 1));
      });
      await opened(socket, path);
      return socket;
    };
    const isKept = this.#access.isKept(options.agent);
    const socket = await this.#inTurn(() =>
      open(options).catch((error: unknown) => {
        if (!isKept || !(error instanceof ApiError) || error.reason !== keptTooLong) throw error;
        return open({ ...options, agent: undefined });
      }),
    );
    let why = 'the connection was closed';
    socket.on('error', (error) => {
      why = error.message;
    });
    socket.once('close', () => listener.ended(why));
    // A server that is gone without a word: the watchdog of what is above notices, this keeps proxies awake.
    const ping = setInterval(() => socket.ping(), 10_000);
    socket.once('close', () => clearInterval(ping));
    return {
      send(channel, bytes) {
        if (socket.readyState !== socket.OPEN) return;
        const message = Buffer.allocUnsafe(bytes.length + 1);
        message[0] = channel;
        message.set(bytes, 1);
        socket.send(message);
      },
      get buffered() {
        return socket.bufferedAmount;
      },
      pause: () => socket.pause(),
      resume: () => socket.resume(),
      close: () => socket.close(),
    };
  }

  async #json<T extends object>(
    method: string,
    path: string,
    query: Readonly<Record<string, string>>,
    body?: object,
    contentType?: string,
  ): Promise<T> {
    const answer = await this.#request(method, path, query, body, contentType);
    const { statusCode = 0 } = answer;
    if (statusCode < 200 || statusCode > 299) throw await failure(answer, `${method} ${path}`);
    return JSON.parse(await textOf(answer)) as T;
  }

  /** When its turn comes, and again when the server says that it is too much at once: nothing was done then. */
  async #inTurn<T extends object>(what: () => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries++) {
      let waitMs = 0;
      const answer = await this.#turns.run(what).catch((error: unknown) => {
        if (!(error instanceof ApiError) || error.status !== 429 || tries >= triesMax) throw error;
        waitMs = error.retryMs;
        return undefined;
      });
      if (answer) return answer;
      await new Promise((done) => setTimeout(done, waitMs));
    }
  }

  #request(
    method: string,
    path: string,
    query: Readonly<Record<string, string>>,
    body?: object,
    contentType?: string,
  ): Promise<IncomingMessage> {
    return this.#inTurn(async () => {
      const answer = await this.#ask(method, path, query, body, contentType);
      if (answer.statusCode === 429) throw await failure(answer, `${method} ${path}`);
      return answer;
    });
  }

  async #ask(
    method: string,
    path: string,
    query: Readonly<Record<string, string>>,
    body?: object,
    contentType = contentTypes[method] ?? 'application/json',
  ): Promise<IncomingMessage> {
    if (this.#isReadOnly && !changesNothing(method, path, query)) throw readOnly(`${method} ${path}`);
    this.asked.requests++;
    const url = new URL(this.server.replace(/\/$/, '') + path);
    for (const [name, value] of Object.entries(query)) if (value !== '') url.searchParams.set(name, value);
    const options: RequestOptions = { ...(await this.#access.options()), method, timeout: answerMs };
    options.headers = {
      ...options.headers,
      ...(this.#as as Record<string, string>),
      accept: 'application/json',
      ...(body === undefined ? {} : { 'content-type': contentType }),
    };
    const fresh = { ...options, agent: this.#access.isKept(options.agent) ? false : options.agent };
    // A server may close what is kept just when it is used again: only what may be sent twice goes over it.
    const answer = await (method === 'GET'
      ? answerOf(url, options).catch((error: unknown) => {
          if (error instanceof ApiError && error.reason === keptTooLong) return answerOf(url, fresh);
          throw error;
        })
      : answerOf(url, fresh, body));
    if (answer.statusCode === 401) this.#access.refused();
    return answer;
  }
}

/** Reason of an ApiError: the connection was an old one, or may have been. */
const keptTooLong = 'KeptTooLong';
const isReset = (error: NodeJS.ErrnoException) => /^(ECONNRESET|EPIPE)$/.test(error.code ?? '');

function answerOf(url: URL, options: RequestOptions, body?: object): Promise<IncomingMessage> {
  return new Promise((done, fail) => {
    // Not imported: all exports of it at once are 20 ms.
    const request = url.protocol === 'https:' ? requestTls : process.getBuiltinModule('node:http').request;
    const sent = request(url, options, (answer) => {
      sent.setTimeout(0);
      done(answer);
    });
    sent.once('timeout', () => sent.destroy(new Error(`no answer for ${answerMs / 1000} s`)));
    sent.once('error', (error) =>
      fail(
        new ApiError(
          `the API server ${url.origin} does not answer: ${error.message}`,
          0,
          sent.reusedSocket && isReset(error) ? keptTooLong : '',
          'kubectl cluster-info shows whether it can be reached from here',
        ),
      ),
    );
    sent.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

function changesNothing(method: string, path: string, query: Readonly<Record<string, string>>): boolean {
  return method === 'GET' || query['dryRun'] === 'All' || (method === 'POST' && reviews.test(path));
}

function readOnly(what: string): KubeError {
  return new KubeError(`--read-only: '${what}' would change the cluster and was not sent`);
}

async function textOf(answer: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of answer as AsyncIterable<Buffer>) {
    length += part.length;
    if (length > answerBytes)
      throw new KubeError(`the API server's answer is longer than ${answerBytes} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

/** In the server's own words. */
async function failure(answer: IncomingMessage, what: string): Promise<ApiError> {
  const { statusCode = 0 } = answer;
  const text = await textOf(answer).catch(() => '');
  let status: { message?: string; reason?: string } = {};
  try {
    status = JSON.parse(text) as typeof status;
  } catch {
    // A proxy's answer.
  }
  const message = status.message ?? (text.trim().slice(0, 200) || `HTTP ${statusCode}`);
  const hint =
    statusCode === 403
      ? 'docs/kubernetes.md lists the rights each way needs, least first'
      : statusCode === 401
        ? 'the credentials of the kubeconfig are not accepted'
        : '';
  const error = new ApiError(`${what}: ${message}`, statusCode, status.reason ?? '', hint);
  const seconds = Number(answer.headers['retry-after'] ?? 1);
  if (seconds >= 0) error.retryMs = Math.min(waitMaxMs, 1000 * seconds);
  return error;
}

function opened(socket: WebSocket, path: string): Promise<void> {
  return new Promise((done, fail) => {
    socket.once('open', done);
    socket.once('unexpected-response', (_request, answer: IncomingMessage) => {
      failure(answer, `connect ${path}`).then(fail, fail);
    });
    socket.once('error', (error) =>
      fail(new ApiError(`connect ${path}: ${error.message}`, 0, isReset(error) ? keptTooLong : '')),
    );
  });
}
