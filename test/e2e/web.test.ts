/** The page in a real browser: what it shows of a file and of live traffic, and that nothing in traffic is its script. */
import assert from 'node:assert/strict';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { Locator, Page } from 'playwright-core';
import { WebSocket } from 'ws';
import { PcapngWriter } from '../../src/pcap/index.ts';
import { deskOf } from '../../src/view/testing/desk.ts';
import { bundle } from '../../src/web/bundle.ts';
import { encodeFrame } from '../../src/web/frame.ts';
import { closeBrowser, openPage } from '../support/browser.ts';
import { writeHttpCapture } from '../support/http-capture.ts';
import { need } from '../support/need.ts';
import { addNetns } from '../support/netns.ts';
import { type End, writePcapSync } from '../support/pcap-file.ts';
import { type Running, start, stopAll } from '../support/porthole.ts';
import { scratch } from '../support/scratch.ts';
import * as stage from '../support/stages.ts';
import { until } from '../support/wait.ts';

const skip = need('linux', 'chromium');
const skipLive = need('linux', 'root', 'ip', 'cc', 'chromium');
const root = join(import.meta.dirname, '../..');
const directory = scratch();
after(async () => {
  await closeBrowser();
  stopAll();
});

/** Starts it on a free port; the URL that it printed. */
async function web(...args: string[]): Promise<{ url: string; running: Running }> {
  const running = start(['web', '--listen', '0', ...args]);
  await running.saw(/http:\/\/127\.0\.0\.1:\d+\/\?token=\S+\n/);
  return { url: /http:\S+/.exec(running.stdout())![0], running };
}

const rows = (page: Page): Locator => page.locator('.slot .row');
/** On a row's time: elsewhere may be the button that filters by a value. */
const onTime = { position: { x: 30, y: 12 } };
const footer = (page: Page) => page.locator('footer');
// Scripts of the page are texts here: this file knows no DOM.
const hash = async (page: Page) =>
  decodeURIComponent((await page.evaluate<string>('location.hash')).replaceAll('+', ' '));
const go = (page: Page, to: string) => page.evaluate(`location.hash = ${JSON.stringify(to)}`);
const owned = (page: Page) => page.evaluate('window.owned');

async function apply(page: Page, query: string): Promise<void> {
  await page.locator('#query').fill(query);
  await page.locator('.query.is-valid').waitFor();
  await page.locator('#query').press('Enter');
}

test('what the page loads is small, and all that it loads is its own', { skip: need('linux') }, async () => {
  const files = await bundle(root);
  const sizes = new Map(files.map(({ name, bytes }) => [name, gzipSync(bytes).length]));
  const page = [...sizes].filter(([name]) => name !== 'worker.js').reduce((sum, [, size]) => sum + size, 0);
  // 150 kB were allowed.
  assert.ok(page < 60_000, `${page} bytes gzipped`);
  assert.ok(sizes.get('worker.js')! < 260_000, `worker ${sizes.get('worker.js')}`);
  for (const { name, bytes } of files) {
    const urls =
      Buffer.from(bytes)
        .toString()
        .match(/https?:\/\/[\w.-]+/g) ?? [];
    const foreign = urls.filter((url) => !/^http:\/\/(www\.w3\.org|127\.0\.0\.1)$/.test(url));
    if (name !== 'worker.js') assert.deepEqual(foreign, [], name);
  }
});

test('a file: list, keys, detail, filter, URL', { skip }, async () => {
  const file = join(directory, 'load.pcap');
  const { exchanges } = writeHttpCapture(file, { connections: 40, requestsPerConnection: 25 });
  const { url, running } = await web('-r', file);
  const { page, asked, complaints, close } = await openPage(url);
  await footer(page)
    .getByText(`${exchanges.toLocaleString('en-US')} of`)
    .waitFor();
  // A window of the list is in the document, not the list.
  assert.ok((await rows(page).count()) < 100);

  await page.locator('.virtual').focus();
  await page.keyboard.press('g');
  await page.locator('.row.selected').waitFor();
  await page.keyboard.press('j');
  await page.keyboard.press('Enter');
  await page.locator('.detail h2').getByText('/api/v1/items/').waitFor();
  assert.match(await hash(page), /id=2&open/);
  await page.keyboard.press(']');
  await page.getByRole('tab', { name: 'Timing', selected: true }).waitFor();
  await page.keyboard.press(']');
  await page.locator('.packets li').first().waitFor();
  await page.locator('.packets button').first().click();
  await page.locator('.packets pre.hex').getByText('000000').waitFor();
  await page.keyboard.press('[');
  await page.keyboard.press('[');
  await page.keyboard.press('Escape');
  await until(async () => (await page.locator('.detail').count()) === 0, 'the entry to be closed');

  // Live validity, completion, application.
  await page.keyboard.press('/');
  await page.keyboard.type('http.request.me');
  await page.locator('.candidates').getByText('http.request.method').first().waitFor();
  await page.locator('#query').fill('http.nothing == 1');
  await page.locator('.query.is-wrong').waitFor();
  await apply(page, 'http.request.method == "DELETE"');
  await footer(page)
    .getByText(`${(exchanges / 10).toLocaleString('en-US')} of`)
    .waitFor();
  assert.match(await hash(page), /q=http\.request\.method == "DELETE"/);
  await until(async () => (await rows(page).first().textContent())?.includes('DELETE'), 'rows of the filter');
  // Any value filters.
  await rows(page).first().click(onTime);
  await page.locator('.fact').filter({ hasText: 'load/1.0' }).first().click();
  await until(async () => (await hash(page)).includes('&&'), 'one more condition');
  await page.goBack();
  await until(async () => !(await hash(page)).includes('&&'), 'the filter before');

  // A URL is all that another tab needs.
  const other = await page.context().newPage();
  await other.goto(page.url());
  await footer(other)
    .getByText(`${(exchanges / 10).toLocaleString('en-US')} of`)
    .waitFor();

  const { origin } = new URL(url);
  assert.deepEqual(complaints, []);
  for (const request of asked) assert.equal(new URL(request).host, new URL(origin).host, request);
  await close();
  const { code } = await running.stop();
  assert.equal(code, 0);
});

test('every page at 360 px and at 1440, dark and light: nothing sticks out, nothing complains', {
  skip,
}, async () => {
  const { url } = await web('-r', join(root, 'src/protocols/http/fixtures/chromium.pcap'));
  for (const look of [
    { width: 360, height: 700, scheme: 'dark' },
    { width: 1440, height: 800, scheme: 'light' },
  ] as const) {
    const { page, complaints, close } = await openPage(url, look);
    await rows(page).first().waitFor();
    for (const name of ['map', 'statistics', 'targets', 'status', 'traffic']) {
      await go(page, `#/${name}`);
      const shown = {
        map: 'svg .node',
        statistics: '.tile',
        targets: 'h1',
        status: 'h1',
        traffic: '.slot .row',
      };
      await page
        .locator(shown[name as keyof typeof shown])
        .first()
        .waitFor();
      const [width, seen] = await page.evaluate<[number, number]>(
        '[document.documentElement.scrollWidth, innerWidth]',
      );
      assert.ok(width <= seen, `${name} at ${look.width}: ${width}`);
    }
    assert.deepEqual(complaints, []);
    await close();
  }
});

/** Would be script, markup, or a way to one, wherever a page takes text for more than text. */
const evil = `"'><img src=x onerror=window.owned=1><script>window.owned=2</script><svg onload=window.owned=3>`;

test('script in URLs, headers, bodies and names stays text', { skip }, async () => {
  const plain = join(directory, 'evil.pcap');
  const [client, server] = [10, 11].map((n): End => ({ address: [10, 0, 0, n], port: 8000 + n, seq: n })) as [
    End,
    End,
  ];
  const bodies: readonly (readonly [string, string])[] = [
    ['text/html', evil],
    ['application/json', JSON.stringify({ [evil]: evil, list: [evil] })],
    ['application/x-www-form-urlencoded', `${encodeURIComponent(evil)}=${encodeURIComponent(evil)}`],
    [
      'image/svg+xml',
      `<svg xmlns="http://www.w3.org/2000/svg" onload="window.owned=4"><script>window.owned=5</script></svg>`,
    ],
    ['image/png', evil],
    [`text/${evil}`, evil],
    ['application/xml', `<?xml version="1.0"?><a>${evil}</a>`],
  ];
  writePcapSync(plain, (file) => {
    file.open(client, server);
    for (const [type, body] of bodies) {
      const head = `POST /${evil.replaceAll(' ', '%20')}?a=javascript:window.owned=6 HTTP/1.1\r\nHost: ${evil.replaceAll(' ', '')}\r\nX-${'Evil'}: ${evil}\r\nCookie: a=${evil}\r\nUser-Agent: ${evil}\r\nContent-Type: ${type}\r\nContent-Length: ${body.length}\r\n\r\n`;
      file.send(client, server, Buffer.from(head + body));
      file.send(
        server,
        client,
        Buffer.from(
          `HTTP/1.1 500 ${evil}\r\nServer: ${evil}\r\nLocation: javascript:window.owned=7\r\nContent-Type: ${type}\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
        ),
      );
    }
    file.close(client, server);
  });
  // Names come with the file.
  const named = join(directory, 'evil.pcapng');
  const { url } = await web(
    '-r',
    await withNames(plain, named, [
      ['10.0.0.10', evil],
      ['10.0.0.11', `b${evil}`],
    ]),
  );
  const { page, asked, complaints, close } = await openPage(url);
  await rows(page).first().waitFor();
  const before = await page.evaluate('document.scripts.length');
  const count = await rows(page).count();
  for (let i = 0; i < count; i++) {
    const id = (await rows(page).nth(i).getAttribute('id'))!.replace('entry-', '');
    await rows(page).nth(i).click(onTime);
    await page.locator(`.detail[data-entry="${id}"]`).waitFor();
    for (const button of await page.locator('.choices button').all()) await button.click();
    for (const tab of ['Timing', 'Packets', 'Stream', 'Exchange'])
      await page.getByRole('tab', { name: tab }).click();
  }
  // The text itself is there.
  assert.match(await page.content(), /&lt;img src=x onerror/);
  await rows(page).first().hover();
  await page.locator('.row .plus').first().dispatchEvent('click');
  for (const name of ['map', 'statistics', 'targets', 'status', 'traffic']) {
    await go(page, `#/${name}`);
    await page.locator('main').waitFor();
  }
  // A URL of this page that somebody else made.
  await go(page, `#/traffic?q=${encodeURIComponent(evil)}&order=${encodeURIComponent(evil)}`);
  await page.locator('#query').waitFor();
  assert.equal(await owned(page), undefined);
  assert.equal(await page.evaluate('document.scripts.length'), before);
  assert.equal(await page.locator('img[src="x"], svg[onload], a[href^="javascript"]').count(), 0);
  const strange = complaints.filter((text) => !/Failed to load resource.*blob|query/.test(text));
  assert.deepEqual(strange, []);
  for (const request of asked)
    assert.match(request, /^(http:\/\/127\.0\.0\.1:\d+\/|blob:http:\/\/127\.0\.0\.1:)/);
  await close();
});

/** The same packets, with names for addresses at the end. */
async function withNames(
  from: string,
  to: string,
  names: readonly (readonly [string, string])[],
): Promise<string> {
  const { CaptureDecoder } = await import('../../src/pcap/index.ts');
  const writer = new PcapngWriter();
  writer.section({});
  const decoder = new CaptureDecoder();
  decoder.feed(readFileSync(from), {
    interface: (iface) => void writer.interface(iface),
    frame: (frame) => void writer.frame(frame, 0),
    loss() {},
  });
  writer.names(names);
  writeFileSync(to, writer.chunk.view());
  return to;
}

test('a file that is dropped on the page is read in the browser alone', { skip }, async () => {
  const file = join(directory, 'drop.pcap');
  const { exchanges } = writeHttpCapture(file, { connections: 20, requestsPerConnection: 25 });
  const { url } = await web('-r', join(root, 'src/protocols/http/fixtures/chromium.pcap'));
  const { page, asked, complaints, close } = await openPage(url);
  await rows(page).first().waitFor();
  const sent: number[] = [];
  page.on('request', (request) => sent.push(request.postDataBuffer()?.length ?? 0));
  await drop(page, 'drop.pcap', readFileSync(file));
  await footer(page)
    .getByText(`${exchanges.toLocaleString('en-US')} of`)
    .waitFor();
  await page.locator('.sign').getByText('drop.pcap').waitFor();
  await apply(page, 'http.request.method == "DELETE"');
  await footer(page)
    .getByText(`${(exchanges / 10).toLocaleString('en-US')} of`)
    .waitFor();
  await rows(page).first().click(onTime);
  await page.locator('.detail').getByText('X-Request-Id').waitFor();
  assert.ok(sent.every((length) => length === 0));
  // What is no capture is told, and what was shown stays.
  await drop(page, 'notes.txt', Buffer.from('these are notes'));
  await page.locator('.toast').getByText('notes.txt').waitFor();
  await page.locator('.sign').getByText('drop.pcap').waitFor();
  assert.deepEqual(complaints, []);
  for (const request of asked) assert.match(request, /^http:\/\/127\.0\.0\.1:/);
  await close();
});

test('a HAR file is shown, given or dropped', { skip }, async () => {
  const desk = await deskOf(join(root, 'src/protocols/http/fixtures'), 'nginx-keepalive');
  const file = join(directory, 'saved.har');
  writeFileSync(file, desk.save({ query: '' }, 'har').bytes);
  const { url } = await web('-r', file);
  const { page, complaints, close } = await openPage(url);
  await footer(page).getByText('9 of 9').waitFor();
  await rows(page).nth(1).getByText('404 Not Found').waitFor();
  await drop(page, 'again.har', readFileSync(file));
  await page.locator('.sign').getByText('again.har').waitFor();
  await footer(page).getByText('9 of 9').waitFor();
  await drop(page, 'cut.har', readFileSync(file).subarray(0, 900));
  await page.locator('.toast').getByText('cut off').waitFor();
  assert.deepEqual(complaints, []);
  await close();
});

async function drop(page: Page, name: string, bytes: Buffer): Promise<void> {
  const transfer = await page.evaluateHandle(`(() => {
    const data = new DataTransfer();
    const bytes = Uint8Array.from(atob('${bytes.toString('base64')}'), (c) => c.charCodeAt(0));
    data.items.add(new File([bytes], ${JSON.stringify(name)}));
    return data;
  })()`);
  await page.dispatchEvent('body', 'drop', { dataTransfer: transfer });
}

let pair: stage.Pair;
before(() => {
  if (skipLive) return;
  pair = stage.pair('we');
  stage.talk(pair.box, pair.peer, '10.96.0.1', 8091);
});

test('live: rows come, the selection stays, the pill counts, pause stands still', {
  skip: skipLive,
}, async () => {
  const { url, running } = await web(`netns:${pair.box}`, 'port', '8091');
  await running.listening();
  const { page, complaints, close } = await openPage(url);
  await page.locator('.sign.live').waitFor();
  await rows(page).nth(2).waitFor();
  // Selected with a key: it stays, whatever comes.
  await page.keyboard.press('g');
  await page.locator('.row.selected').waitFor();
  const id = await page.locator('.row.selected').getAttribute('id');
  await page.locator('.pill').waitFor();
  assert.equal(await page.locator('.row.selected').getAttribute('id'), id);
  await page.keyboard.press('p');
  await page.locator('.sign.frozen').waitFor();
  await page.keyboard.press('p');
  await page.locator('.sign.live').waitFor();
  await page.keyboard.press('G');
  await until(async () => (await page.locator('.pill').count()) === 0, 'the pill to go');
  await go(page, '#/targets');
  await page.getByRole('row').filter({ hasText: pair.box }).getByText('watched').first().waitFor();
  await go(page, '#/status');
  await page.locator('.status-lines').getByText('listening on').waitFor();
  assert.deepEqual(complaints, []);
  await close();
  assert.equal((await running.stop()).code, 0);
});

test('a browser that stands still loses pictures, -w nothing', { skip: skipLive }, async () => {
  const file = join(directory, 'kept.pcapng');
  const { url, running } = await web(`netns:${pair.box}`, '-w', file, 'port', '8091');
  await running.listening();
  const { port, searchParams } = new URL(url);
  const socket = new WebSocket(`ws://127.0.0.1:${port}/channel`, {
    headers: { Origin: `http://127.0.0.1:${port}`, Cookie: `porthole-${port}=${searchParams.get('token')}` },
  });
  await new Promise((done) => socket.on('open', done));
  socket.send(encodeFrame({ list: 1, wanted: { query: '' } }));
  socket.send(encodeFrame({ list: 1, see: { from: -1, count: 600, anchor: 0 } }));
  socket.pause();
  // Long enough that much more was to be told than a socket takes.
  await until(() => (statSync(file, { throwIfNoEntry: false })?.size ?? 0) > 100_000, 'packets in the file');
  const { code, stderr } = await running.stop();
  socket.terminate();
  assert.equal(code, 0);
  const captured = Number(/(\d+) packets? captured\n(?!.*packets? captured)/s.exec(stderr)![1]);
  const { porthole } = await import('../support/porthole.ts');
  const read = await porthole(['dump', '-r', file, '--count']);
  assert.match(read.stdout + read.stderr, new RegExp(`\\b${captured} packets?`));
});

test("the page's own traffic is not in it", { skip: skipLive }, async () => {
  const { url, running } = await web('host', '--host-all');
  await running.saw(/filter: .*not \(host 127\.0\.0\.1 and tcp port \d+\)/);
  const { page, close } = await openPage(url);
  await page.locator('#query').waitFor();
  await apply(page, `port == ${new URL(url).port}`);
  await footer(page).getByText(/^0 of/).waitFor();
  await close();
  await running.stop();
});

test('a name of a target that would be script', { skip: skipLive }, async () => {
  const box = addNetns('<img src=x onerror=window.owned=1>');
  const { url, running } = await web(`netns:${box}`);
  const { page, complaints, close } = await openPage(`${url}`);
  await page.locator('#query').waitFor();
  await go(page, '#/targets');
  await page.getByRole('rowheader').filter({ hasText: '<img src=x' }).first().waitFor();
  assert.equal(await owned(page), undefined);
  assert.deepEqual(complaints, []);
  await close();
  await running.stop();
});
