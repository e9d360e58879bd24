/**
 * Draws docs/web/*.png: what `porthole web` shows, in Chromium, of the protocols' fixtures, which were recorded from
 * real servers and clients. They are put into one capture, one beginning after the other.
 *
 *   sh scripts/node.sh scripts/screenshots.ts
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Page } from 'playwright-core';
import type { CaptureInterface, Frame } from '../src/model/index.ts';
import { CaptureDecoder, PcapngWriter } from '../src/pcap/index.ts';
import { closeBrowser, type Look, openPage } from '../test/support/browser.ts';
import { start } from '../test/support/porthole.ts';

const root = resolve(import.meta.dirname, '..');
const folder = join(root, 'docs/web');
const recordings = [
  ...[
    'http/fixtures/chromium',
    'dns/fixtures/bind-types',
    'http/fixtures/node-encodings',
    'grpc/fixtures/unary',
  ],
  ...[
    'http2/fixtures/nginx-curl',
    'graphql/fixtures/yoga',
    'websocket/fixtures/chromium',
    'sse/fixtures/chunked',
  ],
  ...['tls/fixtures/nginx-curl', 'jsonrpc/fixtures/jayson', 'http/fixtures/node-uploads'],
];
/** One begins so long after the other. */
const apartMs = 1700;

interface Kept {
  readonly at: number;
  readonly bytes: Uint8Array;
  readonly frame: Frame;
}

function together(paths: readonly string[]): Uint8Array {
  const kept: Kept[] = [];
  let linkInterface: CaptureInterface | undefined;
  for (const [i, path] of paths.entries()) {
    const decoder = new CaptureDecoder();
    let first = 0;
    decoder.feed(readFileSync(path), {
      interface(iface) {
        linkInterface ??= iface;
        if (iface.linktype !== linkInterface.linktype) throw new Error(`${path} is of another link type`);
      },
      frame(frame) {
        const ms = frame.sec * 1000 + frame.nsec / 1e6;
        first ||= ms;
        const bytes = frame.buf.slice(frame.start, frame.start + frame.capLen);
        kept.push({ at: Date.UTC(2026, 10, 25, 9) + i * apartMs + ms - first, bytes, frame: { ...frame } });
      },
      loss() {},
    });
  }
  kept.sort((a, b) => a.at - b.at);
  const writer = new PcapngWriter();
  writer.section({});
  writer.interface(linkInterface!);
  for (const { at, bytes, frame } of kept) {
    const sec = Math.floor(at / 1000);
    writer.frame({ ...frame, sec, nsec: Math.round((at - sec * 1000) * 1e6), buf: bytes, start: 0 }, 0);
  }
  return writer.chunk.view();
}

const wide: Look = { width: 1200, height: 680 };
const pictures: readonly (readonly [name: string, look: Look, show: (page: Page) => Promise<unknown>])[] = [
  ['traffic', wide, async () => {}],
  ['detail', wide, (page) => page.locator('.slot .row', { hasText: 'POST' }).first().click()],
  ['statistics', { ...wide, scheme: 'dark' }, (page) => page.evaluate("location.hash = '#/statistics'")],
  ['map', wide, (page) => page.evaluate("location.hash = '#/map'")],
  ['status', wide, (page) => page.evaluate("location.hash = '#/status'")],
  ['phone', { width: 360, height: 640, scheme: 'dark' }, async () => {}],
];
/** Plots are there, and lists are filled. */
const settledMs = 1500;

const work = mkdtempSync(join(tmpdir(), 'porthole-pictures-'));
const file = join(work, 'recordings.pcapng');
mkdirSync(folder, { recursive: true });
writeFileSync(file, together(recordings.map((name) => join(root, 'src/protocols', `${name}.pcap`))));
const running = start(['web', '--listen', '0', '-r', file]);
try {
  await running.saw(/\?token=\S+\n/);
  const url = /http:\S+/.exec(running.stdout())![0];
  for (const [name, look, show] of pictures) {
    const { page, close } = await openPage(url, look);
    await page.locator('.slot .row').first().waitFor();
    await show(page);
    await page.waitForTimeout(settledMs);
    await page.screenshot({ path: join(folder, `${name}.png`) });
    await close();
  }
} finally {
  await closeBrowser();
  await running.stop();
  rmSync(work, { recursive: true });
}
