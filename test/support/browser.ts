/** A real browser: Debian's Chromium, driven by Playwright. Whatever a page loads, asks or complains of is noted. */
import { type Browser, chromium, type Page } from 'playwright-core';

export interface Opened {
  readonly page: Page;
  /** URLs that the page asked for. */
  readonly asked: readonly string[];
  /** Errors, refusals of the security policy, dialogs. */
  readonly complaints: readonly string[];
  close(): Promise<void>;
}

export interface Look {
  readonly width?: number;
  readonly height?: number;
  readonly scheme?: 'dark' | 'light';
}

let browser: Promise<Browser> | undefined;

export async function openPage(url: string, look: Look = {}): Promise<Opened> {
  // As root there is no sandbox of its own to be had.
  browser ??= chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
  const context = await (await browser).newContext({
    viewport: { width: look.width ?? 1440, height: look.height ?? 800 },
    colorScheme: look.scheme ?? 'light',
    acceptDownloads: true,
  });
  const page = await context.newPage();
  const asked: string[] = [];
  const complaints: string[] = [];
  page.on('request', (request) => asked.push(request.url()));
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('dialog', (dialog) => {
    complaints.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  await page.goto(url);
  return { page, asked, complaints, close: () => context.close() };
}

/** For `after`. */
export async function closeBrowser(): Promise<void> {
  const open = browser;
  browser = undefined;
  await (await open)?.close();
}
