/**
 * The Docker Engine API, as little of it as a watcher needs: list, inspect, events. Read-only: nothing
 * here can change a container.
 */
import { codeOf, enumerate, TargetError } from '../errors.ts';
import type { Container, ContainerEvent, Runtime, Subscription } from '../runtime.ts';
import { fromEvent, fromInspect, fromList } from './containers.ts';
import { type Endpoint, type Environment, findEndpoint, knownSockets } from './endpoint.ts';
import { type Answer, get, HttpError, SilenceError, stream } from './http.ts';

/** A healthy daemon answers in a few ms; one that is silent this long would only make us hang. */
const silenceMs = 2000;
/** The newest API this was written against; a newer daemon is asked in this one. */
const newestApi = 51;
/** A line of the event stream holds the labels of one container. */
const eventBytesMax = 1024 * 1024;

export interface DockerOptions {
  readonly env?: Environment;
  /** A socket that was found; default: as the environment says. */
  readonly endpoint?: Endpoint;
  /** Longest silence of the daemon, ms. */
  readonly silenceMs?: number;
}

export class Docker implements Runtime {
  readonly name = 'docker';
  private readonly env: Environment;
  private readonly silenceMs: number;
  private endpoint: Endpoint | undefined;
  private prefix: Promise<string> | undefined;

  constructor(options: DockerOptions = {}) {
    this.env = options.env ?? process.env;
    this.silenceMs = options.silenceMs ?? silenceMs;
    this.endpoint = options.endpoint;
  }

  get place(): string {
    try {
      return this.where().url.replace(/^unix:\/\//, '');
    } catch {
      // A setting that names no daemon.
      return '';
    }
  }

  async find(nameOrId: string): Promise<Container | undefined> {
    const answer = await this.ask(`/containers/${encodeURIComponent(nameOrId)}/json`);
    // Any refusal of a name (404 none, 400 or 500 for a prefix of several) is settled by the list.
    if (answer.status !== 200) return undefined;
    return fromInspect(this.parse(answer)) ?? this.garbage();
  }

  async list(): Promise<Container[]> {
    const answer = await this.ask('/containers/json?all=1');
    if (answer.status !== 200) throw this.refusal(answer);
    return fromList(this.parse(answer)) ?? this.garbage();
  }

  async watchEvents(
    onEvent: (event: ContainerEvent) => void,
    onEnd: (reason: Error) => void = () => {},
  ): Promise<Subscription> {
    const filters = encodeURIComponent(JSON.stringify({ type: ['container'] }));
    const path = `${await this.apiPrefix()}/events?filters=${filters}`;
    let rest = '';
    const decoder = new TextDecoder();
    const take = (bytes: Buffer) => {
      const lines = (rest + decoder.decode(bytes, { stream: true })).split('\n');
      rest = lines.pop()!;
      if (rest.length > eventBytesMax) throw new HttpError('an endless line of events');
      for (const line of lines) {
        let json: unknown;
        try {
          json = JSON.parse(line);
        } catch {
          continue;
        }
        const event = fromEvent(json);
        if (event) onEvent(event);
      }
    };
    const { address } = this.where();
    const streaming = await stream(address, path, this.silenceMs, take, (reason) =>
      onEnd(this.explain(reason)),
    ).catch((error: unknown) => {
      throw this.explain(error);
    });
    if (streaming.status === 200) return streaming;
    streaming.close();
    throw new TargetError(
      'no-runtime',
      `Docker at ${this.where().url} refuses to tell its events: HTTP ${streaming.status}`,
    );
  }

  private where(): Endpoint {
    this.endpoint ??= findEndpoint(this.env);
    return this.endpoint;
  }

  private async ask(path: string): Promise<Answer> {
    const prefix = await this.apiPrefix();
    return this.get(prefix + path);
  }

  private async get(path: string): Promise<Answer> {
    const { address } = this.where();
    try {
      return await get(address, path, this.silenceMs);
    } catch (error) {
      throw this.explain(error);
    }
  }

  /** `/v1.N`, N being the newest that both sides know; '' for a daemon that does not say. */
  private apiPrefix(): Promise<string> {
    this.prefix ??= this.get('/_ping').then((answer) => {
      const minor = /^1\.(\d{1,3})$/.exec(answer.headers.get('api-version') ?? '')?.[1];
      return minor === undefined ? '' : `/v1.${Math.min(Number(minor), newestApi)}`;
    });
    // The next question asks anew: a daemon that was down may be up by then.
    this.prefix.catch(() => {
      this.prefix = undefined;
    });
    return this.prefix;
  }

  private parse(answer: Answer): unknown {
    try {
      return JSON.parse(answer.body.toString('utf8'));
    } catch {
      return this.garbage();
    }
  }

  private garbage(): never {
    throw new TargetError(
      'no-answer',
      `${this.named()} does not answer as Docker does`,
      'is another program listening there? DOCKER_HOST=unix:///PATH names the socket to ask',
    );
  }

  private refusal(answer: Answer): TargetError {
    const said = /"message"\s*:\s*"([^"]{1,200})"/.exec(answer.body.toString('utf8'))?.[1];
    return new TargetError(
      'no-runtime',
      `Docker at ${this.where().url} refuses to list its containers: ${said ?? `HTTP ${answer.status}`}`,
      answer.status === 403 ? 'a filtering proxy must let GET /containers through' : '',
    );
  }

  private named(): string {
    const { url, origin } = this.where();
    return origin === '' ? url : `${url} (from ${origin})`;
  }

  private explain(error: unknown): Error {
    const { address, url, origin } = this.where();
    const place = this.named();
    if (error instanceof SilenceError)
      return new TargetError(
        'no-answer',
        `Docker at ${place} does not answer: silent for ${this.silenceMs / 1000} s`,
        'is the daemon hanging? `systemctl status docker` tells; pid:NUMBER and netns:NAME work without Docker',
      );
    if (error instanceof HttpError)
      return new TargetError(
        'no-answer',
        `Docker at ${place} does not answer as it should: ${error.message}`,
        'is another program listening there? DOCKER_HOST=unix:///PATH names the socket to ask',
      );
    const otherwise = 'pid:NUMBER, netns:NAME and a namespace file work without Docker';
    switch (codeOf(error)) {
      case 'ENOENT':
      case 'ENOTDIR': {
        const tried =
          origin !== ''
            ? place
            : enumerate([...new Set(['path' in address ? address.path : url, ...knownSockets(this.env)])]);
        return new TargetError(
          'no-runtime',
          `no Docker socket: tried ${tried}`,
          `is Docker installed and running? DOCKER_HOST=unix:///PATH names another socket; ${otherwise}`,
        );
      }
      case 'EACCES':
      case 'EPERM':
        return new TargetError(
          'permission',
          `no permission on the Docker socket ${place}`,
          "run it with sudo, or become a member of the group 'docker'",
        );
      case 'ECONNREFUSED':
      case 'ECONNRESET':
      case 'EPIPE':
      case 'ENOTSOCK':
        return new TargetError(
          'no-runtime',
          `nothing listens on the Docker socket ${place} (${codeOf(error)})`,
          `is the daemon running? \`systemctl start docker\` starts it; ${otherwise}`,
        );
      default:
        if (error instanceof TargetError) return error;
        return new TargetError(
          'no-runtime',
          `cannot ask Docker at ${place}: ${codeOf(error) || (error as Error).message}`,
          otherwise,
        );
    }
  }
}
