// The page of `--report html=FILE`, opened in a real browser.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { barriers, close, open, picture } from './browser.mjs';
import { play } from './stage.mjs';

const HOSTILE = `</script><script>alert(1)</script><img src=x onerror=alert(1)> &amp; "' <!-- ]]> \\u2028 $\{1}`;

const SCENARIO = `
description = "orgs of every kind"
[[org]]
username = "test-late@example.com"
replication_delay = "4s"
created_ago = "30s"
[[org]]
username = "test-prompt@example.com"
created_ago = "1m"
[[org]]
count = 20
created_ago = "1m"
[[org]]
username = "test-making@example.com"
active_after = "2s"
replication_delay = "1s"
created_ago = "10s"
[[org]]
username = "test-busy@example.com"
faults = [{ at = "login", kind = "status", status = 429, retry_after = "1", first = 1 }]
[[org]]
username = "test-silent@example.com"
faults = [{ at = "login", kind = "reset", first = 1 }]
[[org]]
username = "test-never@example.com"
replication_delay = "never"
[[org]]
username = "test-mismatch@example.com"
consumer_key = "PlatformCLI"
[[org]]
username = "te'st-\`{}()|$&%@example.com"
created_ago = "480h"
faults = [{ at = "login", kind = "refusal", error = "invalid_app_access", description = ${JSON.stringify(HOSTILE)} }]
`;

let run;
const names = (page) => page.locator('.rows .row .name').allTextContents();
const rows = (page) => page.locator('.rows .row');

before(async () => { run = await play(SCENARIO, { args: ['--wait', '8s'] }); });
after(close);

describe('the page', () => {
  test('has a row for each org, in words and by sign', async () => {
    const { page, complaints } = await open(run.page, { height: 1600 });
    assert.equal(run.status, 4);
    assert.equal(await rows(page).count(), 28);
    assert.equal(await page.locator('h1').textContent(), '25 of 28 orgs ready');
    const late = page.locator('.row', { hasText: 'test-late@' });
    assert.match(await late.textContent(), /ready.*waiting \(not_replicated\)/);
    assert.ok(await late.locator('path.replication').count() >= 2, 'a tick for each refusal');
    assert.match(await page.locator('.row', { hasText: 'test-making@' }).textContent(), /being created [\d.]+ s;/);
    assert.match(await page.locator('.row', { hasText: 'Dev Hub' }).textContent(), /1 login, \d+ queries/);
    assert.match(await page.locator('.legend').textContent(), /throttled, waiting/);
    assert.deepEqual(complaints, []);
    await picture(page, 'orgs-1000');
  });

  test('is sorted by name, outcome and time, in both directions', async () => {
    const { page, complaints } = await open(run.page, { height: 2000 });
    assert.match((await names(page))[0], /test-mismatch|te'st/, 'what failed comes first');
    const by = async (name) => {
      await page.getByRole('button', { name }).click();
      return names(page);
    };
    const sorted = [...await names(page)].sort();
    assert.deepEqual(await by('Org'), sorted);
    assert.equal(await page.getByRole('columnheader', { name: 'Org' }).getAttribute('aria-sort'), 'ascending');
    assert.deepEqual(await by('Org'), [...sorted].reverse());
    const given = run.report.result.orgs.map((org) => org.username);
    assert.deepEqual(await by('Org'), given, 'and as they were given');
    const waited = new Map(run.report.result.orgs.map((org) => [org.username, org.waitedMs]));
    const times = (await by('Waited')).map((name) => waited.get(name));
    assert.deepEqual(times, [...times].sort((a, b) => b - a));
    assert.deepEqual(complaints, []);
  });

  test('is filtered by words and by outcome', async () => {
    const { page } = await open(run.page, { height: 2000 });
    await page.getByLabel('Filter').fill('MISMATCH');
    assert.deepEqual(await names(page), ['test-mismatch@example.com']);
    assert.equal(await page.locator('.tools [role=status]').textContent(), '1 of 28 orgs');
    await page.getByLabel('Filter').fill('');
    await page.getByRole('button', { name: '1 timed out' }).click();
    assert.deepEqual(await names(page), ['test-never@example.com']);
    await page.getByLabel('Filter').fill('nobody');
    assert.equal(await page.locator('.none').textContent(), 'No org is like that.');
    await page.getByLabel('Filter').fill('');
    await page.getByRole('button', { name: '1 timed out' }).click();
    assert.equal(await rows(page).count(), 28);
  });

  test('tells details to the keyboard and to the mouse', async () => {
    const { page, complaints } = await open(run.page);
    await page.getByLabel('Filter').fill('test-late');
    await page.keyboard.press('Tab');
    while (!await page.locator('#grid').evaluate((grid) => grid === document.activeElement)) await page.keyboard.press('Tab');
    const details = page.locator('#details');
    assert.match(await details.textContent(), /test-late@example\.com ready/);
    const active = await page.locator('#grid').getAttribute('aria-activedescendant');
    assert.match(await page.locator(`#${active}`).textContent(), /test-late/);
    assert.notEqual(await page.locator(`#${active}`).evaluate((row) => getComputedStyle(row).outlineStyle), 'none');
    await page.keyboard.press('ArrowRight');
    assert.match(await details.locator('.here').textContent(), /login 1 at .*not_replicated: user hasn't approved this consumer/);
    await page.keyboard.press('End');
    await page.keyboard.press('ArrowLeft');
    assert.match(await details.locator('.here').textContent(), /logged in/);
    await page.keyboard.press('ArrowUp');
    assert.match(await details.textContent(), /Dev Hub/);
    await page.keyboard.press('Escape');
    assert.ok(await details.isHidden());
    await page.getByLabel('Filter').fill('');
    for (const place of [0, 12]) {
      const row = rows(page).nth(place);
      const name = await row.locator('.name').textContent();
      await row.hover();
      assert.match(await details.textContent(), /Org id/);
      assert.ok((await details.textContent()).includes(name));
    }
    await page.locator('h1').hover();
    assert.ok(await details.isHidden());
    assert.deepEqual(complaints, []);
  });

  test('shows how long replication took, and what is not known', async () => {
    const { page } = await open(run.page);
    const told = await page.locator('#spread').textContent();
    assert.match(told, /half were ready within .* of their creation, and 95 % within/);
    assert.match(told, /ready at the first attempt/);
    assert.ok(await page.locator('#spread .between').count() >= 1);
    assert.ok(await page.locator('#spread .at-most').count() >= 1);
    assert.match(await page.locator('#spread svg').getAttribute('aria-label'), /95 %/);
  });

  test('leaves hostile text text', async () => {
    const { page, complaints } = await open(run.page, { height: 2000 });
    const said = await page.locator('.cause details', { hasText: 'onerror' }).textContent();
    assert.ok(said.includes(`</script><script>alert(1)</script><img src=x onerror=alert(1)> &amp; "' <!-- ]]> \\u2028`), said);
    assert.equal(await page.locator('img').count(), 0);
    assert.equal(await page.locator('script').count(), 2);
    await page.locator('.row', { hasText: "te'st-`{}()|$&%@example.com" }).click();
    assert.ok((await page.locator('#details').textContent()).includes('<img src=x onerror=alert(1)>'));
    assert.deepEqual(complaints, []);
  });

  test('asks for nothing, and lets no other script in', async () => {
    const { page, complaints } = await open(run.page);
    const policy = await page.locator('meta[http-equiv]').getAttribute('content');
    assert.match(policy, /^default-src 'none'; style-src 'sha256-[^']+'; script-src 'sha256-[^']+';/);
    await page.evaluate(() => {
      const script = document.createElement('script');
      script.textContent = 'globalThis.intruded = true';
      document.body.append(script);
    });
    assert.equal(await page.evaluate(() => globalThis.intruded), undefined);
    assert.equal(complaints.length, 1);
    assert.match(complaints[0], /Content Security Policy/);
    const markup = run.html.replace(/(<(script|style)[^>]*>)[^]*?<\/\2>/g, '$1');
    assert.deepEqual(markup.match(/<[^>]*\s(on\w+|style|src)=[^>]*>/g), null);
    assert.deepEqual(run.html.match(/@import|url\((?!#)[^)]*/g), null);
  });

  test('is a plain table without script', async () => {
    const { page } = await open(run.page, { script: false });
    assert.equal(await page.locator('#plain tbody tr').count(), 28);
    assert.ok(await page.locator('#plain table').isVisible());
    assert.ok(await page.locator('#picture').isHidden());
    assert.match(await page.locator('#plain tr', { hasText: 'test-mismatch' }).textContent(), /failed.*app_mismatch/);
  });

  test('is a plain table in a sandbox', async () => {
    const outer = join(dirname(run.page), 'outer.html');
    writeFileSync(outer, '<iframe sandbox src="run.html" width="900" height="800"></iframe>');
    const { page } = await open(outer);
    assert.ok(await page.frameLocator('iframe').locator('#plain table').isVisible());
    assert.ok(await page.frameLocator('iframe').locator('#picture').isHidden());
  });

  test('is printed with all its rows', async () => {
    const { page } = await open(run.page);
    await page.emulateMedia({ media: 'print' });
    await page.waitForFunction(() => document.querySelectorAll('.rows .row').length === 28);
    assert.ok(await page.locator('.tools').isHidden());
  });

  for (const width of [400, 1000, 1600]) {
    for (const dark of [false, true]) {
      test(`keeps nobody out at ${width} px, ${dark ? 'dark' : 'light'}`, async () => {
        const { page } = await open(run.page, { width, dark });
        assert.deepEqual(await barriers(page), []);
        await rows(page).nth(3).click();
        assert.deepEqual(await barriers(page), [], 'with the details');
        assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'no sideways scrolling');
        await picture(page, `orgs-${width}-${dark ? 'dark' : 'light'}`);
      });
    }
  }
});

test('the page of a run that came to no org tells why and what to do', async () => {
  const failed = await play('[hub]\ndev_hub = false\n[[org]]\n');
  assert.equal(failed.status, 3);
  const { page, complaints } = await open(failed.page);
  assert.equal(await page.locator('h1').textContent(), 'no org was tried');
  assert.match(await page.locator('.failure').textContent(), /not_a_dev_hub/);
  assert.ok(await page.locator('.failure .action').count() >= 1);
  assert.match(await page.locator('.row', { hasText: 'Dev Hub' }).textContent(), /1 login, 1 query/);
  assert.ok(await page.getByLabel('Filter').isHidden(), 'there is nothing to filter');
  assert.deepEqual(await barriers(page), []);
  assert.deepEqual(complaints, []);
});

test('the page of one org shows it', async () => {
  const one = await play('[[org]]\nusername = "test-a@example.com"\n', { args: ['--alias', 'qa'] });
  const { page, complaints } = await open(one.page);
  assert.equal(await page.locator('h1').textContent(), '1 of 1 org ready');
  assert.deepEqual(await names(page), ['qa test-a@example.com']);
  assert.deepEqual(await barriers(page), []);
  assert.deepEqual(complaints, []);
});

test('the page of ten thousand orgs is small and draws what is seen', async (context) => {
  const many = await play('[[org]]\ncount = 10000\ncreated_ago = "1m"\n', { args: ['--wait', '20s', '--rate', '0', '--concurrency', '200'] });
  context.diagnostic(`${many.html.length} bytes`);
  assert.ok(many.html.length < 5_000_000, `${many.html.length} bytes`);
  const began = performance.now();
  const { page, complaints } = await open(many.page);
  await page.locator('.head').waitFor();
  context.diagnostic(`opened in ${Math.round(performance.now() - began)} ms`);
  await page.locator('#grid').focus();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('End');
  assert.ok(await rows(page).count() < 120);
  const last = page.locator('.row.active');
  assert.equal(await last.getAttribute('aria-rowindex'), '10002');
  assert.ok(await last.isVisible());
  await page.emulateMedia({ media: 'print' });
  await page.waitForFunction(() => document.querySelectorAll('.rows .row').length <= 300 && /more orgs are not printed/.test(document.querySelector('.none').textContent));
  await page.emulateMedia({ media: 'screen' });
  await page.waitForFunction(() => document.querySelectorAll('.rows .row').length < 120);
  assert.deepEqual(complaints, []);
  await picture(page, 'many');
});
