/** What we say ourselves is no news: questions to a daemon that is asked over TCP are left out of a capture. */
import { isIP } from 'node:net';
import { daemonAddress, questionPorts } from '../target/index.ts';

/**
 * Part of the filter of a live capture; undefined when nothing of ours could be captured. Call it before anything
 * is captured: a name is looked up here, once, for all of our processes.
 */
export async function withoutOwnTraffic(): Promise<string | undefined> {
  const daemon = daemonAddress(process.env);
  if (!daemon) return undefined;
  let { host } = daemon;
  if (isIP(host) === 0) {
    try {
      const { lookup } = await import('node:dns/promises');
      host = (await lookup(host)).address;
    } catch {
      return undefined; // it cannot be asked either
    }
    process.env['DOCKER_HOST'] = `tcp://${host.includes(':') ? `[${host}]` : host}:${daemon.port}`;
  }
  const { first, last } = questionPorts();
  return `not (tcp and host ${host} and port ${daemon.port} and portrange ${first}-${last})`;
}

/** The same for a page of ours: what browsers say to it where it listens. */
export function withoutPage(address: string, port: number): string {
  const isAnywhere = address === '0.0.0.0' || address === '::';
  return isAnywhere ? `not (tcp port ${port})` : `not (host ${address} and tcp port ${port})`;
}
