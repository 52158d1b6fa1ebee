// A real browser with the page in it; whatever the page asks for or complains of is written down.
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';

const modules = createRequire(`${process.env.BROWSER_MODULES}/`);
const { chromium } = modules('playwright-core');
const AXE = readFileSync(modules.resolve('axe-core/axe.min.js'), 'utf8');

let browser;

export async function open(file, { width = 1000, height = 900, dark = false, script = true } = {}) {
  browser ??= await chromium.launch({ executablePath: process.env.CHROMIUM, args: ['--no-sandbox'] });
  const colorScheme = dark ? 'dark' : 'light';
  const context = await browser.newContext({ viewport: { width, height }, colorScheme, javaScriptEnabled: script });
  const page = await context.newPage();
  const complaints = [];
  page.on('console', (message) => complaints.push(`${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => complaints.push(`error: ${error.message}`));
  page.on('dialog', (dialog) => complaints.push(`dialog: ${dialog.message()}`));
  page.on('request', (request) => {
    if (!['file:', 'data:'].includes(new URL(request.url()).protocol)) complaints.push(`request: ${request.url()}`);
  });
  await page.goto(`file://${file}`);
  return { page, complaints };
}

export async function close() {
  await browser?.close();
}

/** What axe finds to be serious or critical: the rule and the elements. */
export async function barriers(page) {
  // Through the debugger, as the page's own policy lets no other script in.
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() => globalThis.axe.run());
  const grave = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
  return grave.map(({ id, nodes }) => `${id}: ${nodes.map((node) => `${node.html} ${node.failureSummary}`).join(' | ')}`);
}

/** Leaves a picture where SCREENSHOTS asks for it. */
export async function picture(page, name) {
  if (process.env.SCREENSHOTS) await page.screenshot({ path: `${process.env.SCREENSHOTS}/${name}.png` });
}
