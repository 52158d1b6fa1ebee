// A run of the real program against the built-in stand-in, and the page that it wrote.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const PROGRAM = process.env.ORGREADY;

/** Runs the program until it ends; its output is kept. */
async function run(args, environment) {
  const child = spawn(PROGRAM, args, { env: { PATH: process.env.PATH, ...environment } });
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr']) child[name].on('data', (data) => { said[name] += data; });
  const [status] = await once(child, 'close');
  return { status, ...said };
}

/** Plays a scenario, logs in to all its orgs, and tells where the page is. */
export async function play(scenario, { args = [], names, hub } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'orgready-browser-'));
  const file = (name) => join(folder, name);
  writeFileSync(file('scenario.toml'), scenario);
  const simulator = spawn(PROGRAM, ['simulate', '--scenario', file('scenario.toml')], { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    const ended = once(simulator, 'exit').then(() => { throw new Error('the stand-in ended'); });
    ended.catch(() => {});
    const [line] = await Promise.race([once(createInterface({ input: simulator.stdout }), 'line'), ended]);
    const told = JSON.parse(line);
    writeFileSync(file('users.txt'), (names || told.usernames).join('\n'));
    const page = file('run.html');
    const settings = ['--hub-username', hub || told.hubUsername, '-i', told.clientId, '-f', told.jwtKeyFile, '-r', told.url];
    const login = await run(['login', ...settings, '-F', file('users.txt'), '--report', page, '--report', file('run.json'), ...args],
      { HOME: told.home, SF_USE_GENERIC_UNIX_KEYCHAIN: 'true' });
    return { ...login, page, html: readFileSync(page, 'utf8'), report: JSON.parse(readFileSync(file('run.json'), 'utf8')) };
  } finally {
    simulator.kill();
  }
}
