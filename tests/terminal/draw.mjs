// What a run of `orgready demo` looks like on a terminal, as an SVG: `tests/terminal/run`.
//
//   draw.mjs RECORDING OUT            draws what `script` recorded
//   draw.mjs --check RECORDING OUT    tells whether OUT shows the same, numbers aside
import { readFileSync, writeFileSync } from 'node:fs';

const COLUMNS = 124;
const COLOURS = { 31: '#ff7b72', 32: '#3fb950', 33: '#d8a31f', 36: '#39c5cf' };

const check = process.argv[2] === '--check';
const [recording, out] = process.argv.slice(check ? 3 : 2);

/** A terminal that knows as much as the program uses: colours, lines up and down, a line wiped. */
function screens(text) {
  const lines = [[]];
  const frames = [];
  let [row, column, style] = [0, 0, ''];
  for (const [token, escape, letter] of text.matchAll(/\x1b\[([0-9;]*)([A-Za-z])|[^]/gu)) {
    if (letter === 'A') row = Math.max(0, row - Number(escape || 1));
    else if (letter === 'B') row += Number(escape || 1);
    else if (letter === 'K') { if (lines[row].length) frames.push(lines.map((line) => [...line])); lines[row] = []; }
    else if (letter === 'm') style = escape === '0' || escape === '' ? '' : escape;
    else if (letter) continue;
    else if (token === '\r') column = 0;
    else if (token === '\n') { row += 1; column = 0; } else {
      if (column >= COLUMNS) { row += 1; column = 0; }
      while (lines.length <= row) lines.push([]);
      while (lines[row].length < column) lines[row].push({ text: ' ', style: '' });
      lines[row][column] = { text: token, style };
      column += 1;
    }
    while (lines.length <= row) lines.push([]);
  }
  frames.push(lines);
  return frames;
}

const plain = (line) => line.map((cell) => cell.text).join('').trimEnd();
const escape = (text) => text.replace(/[&<>]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[c]);

/** Runs of one style. */
function spans(line) {
  const runs = [];
  for (const cell of line) {
    const last = runs[runs.length - 1];
    if (last && last.style === cell.style) last.text += cell.text;
    else runs.push({ ...cell });
  }
  return runs.map(({ text, style }) => {
    const codes = style.split(';');
    const colour = codes.map((code) => COLOURS[code]).find(Boolean);
    const traits = [colour && `fill="${colour}"`, codes.includes('1') && 'font-weight="bold"', codes.includes('2') && 'opacity=".6"'].filter(Boolean).join(' ');
    return traits ? `<tspan ${traits}>${escape(text)}</tspan>` : escape(text);
  }).join('');
}

const text = readFileSync(recording, 'utf8').replace(/^Script started.*\n/, '').replace(/\n*Script done[^]*$/, '');
const frames = screens(text);
const last = frames[frames.length - 1];
// The bars are gone at the end: a frame of them from the middle of the run goes before what is left.
const busy = frames.filter((frame) => frame.some((line) => /\d waiting/.test(plain(line))));
const middle = busy[Math.floor(busy.length / 2)] || [];
const bars = middle.filter((line) => /ready ·|next try/.test(plain(line)));
const table = last.findIndex((line) => plain(line).startsWith('STATUS'));
const prompt = [...'$ orgready demo'].map((c) => ({ text: c, style: '1' }));
const lines = [prompt, ...last.slice(0, table), ...bars, [], ...last.slice(table)];
while (plain(lines[lines.length - 1]) === '') lines.pop();

const [cell, height] = [8.4, 19];
const width = Math.ceil(COLUMNS * cell) + 32;
const rows = lines.map((line, i) => `<text x="16" y="${36 + i * height}" xml:space="preserve">${spans(line)}</text>`);
const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${lines.length * height + 44}" font-family="ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace" font-size="14" fill="#e6edf3">
<title>orgready demo on a terminal</title>
<rect width="100%" height="100%" rx="8" fill="#0d1117"/>
${rows.join('\n')}
</svg>
`;

if (check) {
  // Times, ports and how often was asked are different each time; the frame of bars too.
  const words = (drawn) => drawn.replace(/<[^>]+>/g, '').split('\n').filter((line) => !/ready ·|next try/.test(line))
    .join('\n').replace(/\b(min|s|h)\b/g, '').replace(/[\d.]+/g, '0').replace(/\s+/g, ' ').replace(/(0 )+/g, '0 ');
  if (words(readFileSync(out, 'utf8')) !== words(svg)) {
    console.error(`${out} does not show what the demo shows now: tests/terminal/run draws it anew`);
    process.exit(1);
  }
} else writeFileSync(out, svg);
