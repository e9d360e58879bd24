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
import { addNetns, join as joinNetns } from '../test/support/netns.ts';
import { start, stopAll } from '../test/support/porthole.ts';
import { run } from '../test/support/stages.ts';

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
  [
    'detail',
    wide,
    (page) =>
      page
        .locator('.slot .row', { hasText: 'POST' })
        .first()
        .click({ position: { x: 30, y: 12 } }),
  ],
  ['statistics', { ...wide, scheme: 'dark' }, (page) => page.evaluate("location.hash = '#/statistics'")],
  ['phone', { width: 360, height: 640, scheme: 'dark' }, async () => {}],
];
/** Of live traffic in namespaces of our own, which takes root. */
const livePictures: typeof pictures = [
  ['map', { width: 1000, height: 420 }, (page) => page.evaluate("location.hash = '#/map'")],
  ['targets', { width: 1000, height: 420 }, (page) => page.evaluate("location.hash = '#/targets'")],
  ['status', { width: 1000, height: 420 }, (page) => page.evaluate("location.hash = '#/status'")],
];
/** Plots are there, and lists are filled. */
const settledMs = 1500;

async function draw(args: readonly string[], list: typeof pictures): Promise<void> {
  const running = start(['web', '--listen', '0', ...args]);
  await running.saw(/\?token=\S+\n/);
  const url = /http:\S+/.exec(running.stdout())![0];
  for (const [name, look, show] of list) {
    const { page, close } = await openPage(url, look);
    await page.locator('.slot .row').first().waitFor();
    await show(page);
    await page.waitForTimeout(settledMs);
    await page.screenshot({ path: join(folder, `${name}.png`) });
    await close();
  }
  await running.stop();
}

/** A shop that two ask, and that asks a third. */
function stage(): string {
  const [shop, till, crawler, stock] = ['shop', 'till', 'crawler', 'stock'].map((name) => addNetns(name)) as [
    ...[string, string, string, string],
  ];
  for (const [i, other] of [till, crawler, stock].entries())
    joinNetns([shop, `10.97.${i}.1/24`], [other, `10.97.${i}.2/24`], `eth${i}`);
  run(shop, 'serve', '8000');
  run(stock, 'serve', '9000');
  run(till, 'call', '10.97.0.1', '8000', '/file.txt', '20');
  run(crawler, 'call', '10.97.1.1', '8000', '/missing', '90');
  run(shop, 'call', '10.97.2.2', '9000', '/file.txt', '50');
  return shop;
}

const work = mkdtempSync(join(tmpdir(), 'porthole-pictures-'));
const file = join(work, 'recordings.pcapng');
mkdirSync(folder, { recursive: true });
writeFileSync(file, together(recordings.map((name) => join(root, 'src/protocols', `${name}.pcap`))));
try {
  await draw(['-r', file], pictures);
  if (process.getuid?.() === 0) await draw([`netns:${stage()}`], livePictures);
} finally {
  await closeBrowser();
  stopAll();
  rmSync(work, { recursive: true });
}
