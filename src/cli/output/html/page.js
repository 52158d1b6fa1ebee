'use strict';
// Draws the picture of a run from the plain table and the JSON beside it. Texts get into the page as text nodes alone.
document.documentElement.classList.add('js');
addEventListener('DOMContentLoaded', () => {
  try {
    draw(JSON.parse(document.getElementById('data').textContent));
  } catch (error) {
    document.documentElement.classList.remove('js');
    throw error;
  }
});

const WORDS = {
  creating: 'being created', login: 'login', check: 'check', settings: 'settings', handover: 'hand-over',
  query: 'query', deleting: 'deletion',
};
/** What the codes of steps are written with. */
const SIGNS = '!$%()*,.:;?@[]^{|}~';
const STATUSES = ['failed', 'timed_out', 'interrupted', 'ready', 'deleted', 'gone'];
/** Most orgs that are drawn at once: of more, those that are seen; on paper, those that are not ready. */
const DRAWN = 300;

/** How a cause is drawn while an org waits for it: its colour, and the shape of the answer's tick. */
function look(code) {
  if (code === 'not_replicated') return { name: 'replication', shape: 'M-3.5 0a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0 -7 0Z' };
  if (code === 'unreachable') return { name: 'network', shape: 'M-4 3.5L0 -4L4 3.5Z' };
  if (code === 'throttled') return { name: 'throttled', shape: 'M-3.5 -3.5H3.5V3.5H-3.5Z' };
  return { name: 'other', shape: 'M-4.5 0L0 -4.5L4.5 0L0 4.5Z' };
}

/** The shape that an outcome is marked with. */
function mark(status) {
  const shapes = { failed: 'M-4 -4L4 4M-4 4L4 -4', timed_out: 'M-4 -5H4L-4 5H4Z', interrupted: 'M-4 -4H4V4H-4Z' };
  return shapes[status] || 'M-5 0L-1.5 4L5 -4';
}

function element(name, attributes, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes || {})) made.setAttribute(key, value);
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

function shape(name, attributes, ...children) {
  const made = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

/** The mark of an outcome, for beside words. */
function badge(status) {
  const path = shape('path', { d: mark(status), class: `end ${status}` });
  return shape('svg', { viewBox: '-7 -7 14 14', class: 'shape', 'aria-hidden': 'true' }, path);
}

function duration(ms) {
  const s = ms / 1000;
  if (s < 0.0995) return `${Math.round(ms)} ms`;
  if (s < 0.995) return `${s.toFixed(2)} s`;
  if (s < 9.95) return `${s.toFixed(1)} s`;
  if (s < 119.5) return `${Math.round(s)} s`;
  const minutes = Math.floor(Math.round(s) / 60);
  const [hours, rest, seconds] = [Math.floor(minutes / 60), minutes % 60, Math.round(s) % 60];
  const parts = hours ? [`${hours} h`, rest && `${rest} min`] : [`${minutes} min`, seconds && `${seconds} s`];
  return parts.filter(Boolean).join(' ');
}

/** Round distances for an axis of this length in milliseconds, about as many as wanted. */
function stride(length, wanted) {
  const nice = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 15e3, 3e4, 6e4, 12e4, 3e5, 6e5, 9e5, 18e5, 36e5];
  return nice.find((step) => length / step <= wanted) || Math.ceil(length / wanted / 36e5) * 36e5;
}

/** A place on an axis in words. */
function label(ms) {
  return ms ? duration(ms).replace('.0 ', ' ') : '0';
}

function instant(ms) {
  return new Date(ms).toISOString().replace('T', ' ').replace(/\.\d+Z$/, '');
}

function draw(data) {
  const end = Math.max(data.end, 1);
  const clock = (at) => (data.started === null ? duration(at) : instant(data.started + at));

  /** What a step is by its code. */
  function kind(code) {
    const cause = data.causes[code - data.steps.length];
    return { name: cause ? 'waiting' : data.steps[code], cause };
  }

  /** Steps of a line: when, what, and for a wait its cause. */
  function steps(line) {
    const found = [];
    let at = 0;
    for (const [, time, signs] of line.matchAll(/([0-9a-z]+)([^0-9a-z]+)/g)) {
      at += parseInt(time, 36);
      found.push({ at, ...kind([...signs].reduce((code, sign) => code * SIGNS.length + SIGNS.indexOf(sign), 0)) });
    }
    found.forEach((step, i) => { step.until = i + 1 < found.length ? found[i + 1].at : step.name === 'idle' ? step.at : end; });
    return found;
  }

  const cells = document.querySelectorAll('#plain tbody tr');
  const rows = data.orgs.map((org, index) => {
    const [word, name, alias, attempts, , code, settings] = Array.from(cells[index].cells, (cell) => cell.textContent);
    const [line, waited, cause, id, url, expires, created, refused, ready] = org;
    const status = word.replace(' ', '_');
    return { index, word, status, name, alias, attempts, code, settings, line, waited, id, url, expires, created, refused, ready,
      cause: data.causes[cause], sought: `${name} ${alias} ${word} ${code} ${id || ''}`.toLowerCase() };
  });
  const hub = { index: -1, name: 'Dev Hub', word: '', line: data.hub, hub: true };

  replication(rows);
  if (rows.length || data.hub.length) waterfall();

  /** What an org did, in words: time by kind of step. */
  function story(row) {
    const spent = new Map();
    for (const step of steps(row.line)) {
      if (step.name === 'idle') continue;
      const words = step.cause ? `waiting (${step.cause.code})` : WORDS[step.name];
      const [time, times] = spent.get(words) || [0, 0];
      spent.set(words, [time + step.until - step.at, times + 1]);
    }
    return [...spent].map(([words, [time, times]]) => `${words} ${duration(time)}${times > 1 ? `, ${times} times` : ''}`).join('; ');
  }

  /** Requests and what was answered to each. */
  function attempts(row) {
    const all = steps(row.line);
    return all.flatMap((step, i) => {
      if (!['login', 'query', 'deleting'].includes(step.name)) return [];
      let after = all[i + 1];
      if (after && (after.name === 'check' || after.name === 'handover')) {
        after = all.slice(i + 1).find((later) => !['check', 'handover', 'settings'].includes(later.name)) || after;
      }
      const took = step.until - step.at;
      const kept = ['settings_failed', 'not_stored'].includes(row.code);
      const alone = row.cause && !kept || step.name === 'deleting' ? row.word : 'logged in';
      const ended = row.hub && step.name === 'query' ? 'answered' : row.hub ? 'logged in' : alone;
      const answer = !after || after.name === 'login' ? 'no answer is known' : after.cause ? after.cause.code : ended;
      const said = after && after.cause ? after.cause.description : '';
      return [{ at: step.at, until: step.until, took, answer, said: said || '', what: WORDS[step.name] }];
    });
  }

  function waterfall() {
    const picture = document.getElementById('picture');
    const root = document.documentElement;
    const wide = matchMedia('(min-width: 720px)');
    let shown = rows;
    let order = { by: 'outcome', down: false };
    let only = null;
    let active = null;
    let cursor = null;
    let printing = false;
    const made = new Map();

    const search = element('input', { type: 'search', placeholder: 'name, alias, cause …', autocomplete: 'off', spellcheck: 'false' });
    const count = element('span', { role: 'status' });
    const words = element('button', { type: 'button', 'aria-pressed': 'false' }, 'Plain table');
    const tools = element('div', { class: 'tools' }, element('label', {}, 'Filter', search), count, words);
    const header = (name, label) => {
      const button = element('button', { type: 'button' }, label);
      button.addEventListener('click', () => sort(name));
      return element('div', { role: 'columnheader', 'aria-sort': 'none', class: name }, button);
    };
    const headers = { name: header('name', 'Org'), outcome: header('outcome', 'Outcome'), waited: header('waited', 'Waited') };
    const axis = element('div', { role: 'columnheader', class: 'time axis' });
    const names = element('div', { role: 'row', class: 'row names', 'aria-rowindex': '1' }, ...Object.values(headers), axis);
    const head = element('div', { role: 'rowgroup', class: 'head' }, names);
    const body = element('div', { role: 'rowgroup', class: 'rows' });
    const grid = element('div', { role: 'grid', id: 'grid', tabindex: '0', 'aria-readonly': 'true', 'aria-label': 'Orgs over time: arrow keys go through orgs and attempts', 'aria-rowcount': rows.length + 2 }, head, body);
    const note = element('p', { class: 'none', hidden: '' });
    const details = element('aside', { id: 'details', 'aria-label': 'Details', hidden: '' });
    if (!rows.length) { tools.hidden = true; Object.values(headers).forEach((header) => header.firstChild.remove()); }
    picture.append(patterns(), tools, legend(), grid, note);
    picture.hidden = false;
    document.body.append(details);

    /** How wide the time axis is, and where an instant lies on it. */
    let width = 100;
    const x = (at) => Math.round((1 + (at / end) * (width - 14)) * 10) / 10;

    function patterns() {
      const line = shape('path', { d: 'M-1 5L5 -1M1 7L7 1', stroke: 'var(--creating)', 'stroke-width': 1.6 });
      const pattern = shape('pattern', { id: 'hatch', width: 6, height: 6, patternUnits: 'userSpaceOnUse' }, line);
      return shape('svg', { width: 0, height: 0, 'aria-hidden': 'true' }, shape('defs', {}, pattern));
    }

    /** What is drawn at this height for a step. */
    function drawn(step, from, to) {
      const box = (name, top, height, least) => shape('rect', { class: name, x: from, y: top, width: Math.max(to - from, least), height });
      if (step.cause) return box(`wait ${look(step.cause.code).name}`, 9, 4, 0);
      if (step.name === 'creating') return box('creating', 5, 12, 0);
      if (step.name === 'check') return box('check', 6, 10, 1);
      return box(step.name, 4, 14, 2);
    }

    function tick(code, at) {
      const { name, shape: path } = look(code);
      return shape('path', { class: name, d: path, transform: `translate(${at} 11)` });
    }

    function legend() {
      const signs = new Map();
      for (const step of data.used.map(kind)) if (step.name !== 'idle') signs.set(step.cause ? step.cause.code : step.name, step);
      const place = (step) => (step.cause ? 2.5 : data.steps.indexOf(step.name));
      const items = [...signs].sort(([, a], [, b]) => place(a) - place(b)).map(([key, step]) => {
        const parts = [drawn(step, 2, step.cause ? 24 : step.name === 'creating' ? 24 : 14)];
        if (step.cause) parts.push(tick(key, 20));
        const picture = shape('svg', { viewBox: '0 4 26 14', 'aria-hidden': 'true' }, ...parts);
        return element('li', {}, picture, step.cause ? `${key}, waiting` : WORDS[key]);
      });
      for (const status of STATUSES.filter((status) => rows.some((row) => row.status === status))) {
        items.push(element('li', {}, badge(status), status.replace('_', ' ')));
      }
      return element('ul', { class: 'legend', 'aria-label': 'Signs' }, ...items);
    }

    function timeline(row) {
      const all = steps(row.line);
      const parts = [];
      const every = stride(end, width / 90);
      for (let at = 0; at <= end; at += every) parts.push(shape('path', { class: 'mesh', d: `M${x(at)} -4V26` }));
      for (const step of all) if (step.name !== 'idle') parts.push(drawn(step, x(step.at), x(step.until)));
      all.forEach((step, i) => {
        if (step.cause && i) parts.push(tick(step.cause.code, x(step.at)));
      });
      const last = all[all.length - 1];
      if (last && !row.hub) parts.push(shape('path', { class: `end ${row.status}`, d: mark(row.status), transform: `translate(${Math.min(x(last.at) + 5, width - 6)} 11)` }));
      return shape('svg', { viewBox: `0 0 ${width} 22`, preserveAspectRatio: 'none', 'aria-hidden': 'true' }, ...parts);
    }

    function build(row, place) {
      const cell = (name, ...children) => element('div', { role: 'gridcell', class: name }, ...children);
      const outcome = row.hub ? [asked()] : [badge(row.status), element('span', { class: `word ${row.status}` }, row.word), row.code ? element('span', { class: 'code' }, ` ${row.code}`) : null];
      const built = element('div', { role: 'row', class: 'row', id: `row${row.index}`, 'aria-rowindex': place + 2, 'aria-describedby': 'details' },
        cell('name', row.alias ? element('b', {}, row.alias) : null, row.alias ? ' ' : null, row.name),
        cell('outcome', ...outcome),
        cell('waited', row.hub ? '' : duration(row.waited)),
        cell('time', timeline(row), element('span', { class: 'spoken' }, story(row))));
      const title = built.firstChild;
      title.title = row.name;
      built.addEventListener('pointermove', (event) => tell(row, nearest(row, event), event.clientY > innerHeight / 2));
      built.addEventListener('click', (event) => { grid.focus({ preventScroll: true }); choose(row, nearest(row, event)); reveal(row); });
      return built;
    }

    /** What was asked of the hub. */
    function asked() {
      const of = (name) => steps(hub.line).filter((step) => step.name === name).length;
      const some = (n, one, many) => `${n} ${n === 1 ? one : many}`;
      return `${some(of('login'), 'login', 'logins')}, ${some(of('query'), 'query', 'queries')}`;
    }

    function nearest(row, event) {
      const box = made.get(row.index).lastChild.getBoundingClientRect();
      const at = ((event.clientX - box.left - 1) / (box.width - 14)) * end;
      if (event.clientX < box.left) return null;
      let best = null;
      attempts(row).forEach((attempt, i, all) => { if (best === null || Math.abs(attempt.until - at) < Math.abs(all[best].until - at)) best = i; });
      return best;
    }

    function paint() {
      const height = parseFloat(getComputedStyle(root).getPropertyValue('--row'));
      const list = printing ? printed() : shown;
      body.style.height = `${list.length * height}px`;
      const top = body.getBoundingClientRect().top;
      const all = list.length <= DRAWN;
      const first = all ? 0 : Math.max(0, Math.floor(-top / height) - 10);
      const last = all ? list.length : Math.max(0, Math.min(list.length, Math.ceil((innerHeight - top) / height) + 10));
      const wanted = new Set();
      for (let place = first; place < last; place += 1) wanted.add(list[place].index);
      const place = active && !active.hub ? list.indexOf(active) : -1;
      if (place >= 0) wanted.add(active.index);
      for (const [index, old] of made) if (index >= 0 && !wanted.has(index)) { old.remove(); made.delete(index); }
      let before = null;
      const put = (at) => {
        const row = list[at];
        let built = made.get(row.index);
        if (!built) { built = build(row, at + 1); made.set(row.index, built); }
        built.style.top = `${at * height}px`;
        built.setAttribute('aria-rowindex', at + 3);
        const next = before ? before.nextSibling : body.firstChild;
        if (built !== next) body.insertBefore(built, next);
        before = built;
      };
      if (place >= 0 && place < first) put(place);
      for (let at = first; at < last; at += 1) put(at);
      if (place >= 0 && place >= last) put(place);
      for (const [index, built] of made) built.classList.toggle('active', !!active && index === active.index);
    }

    function printed() {
      if (shown.length <= DRAWN) return shown;
      return shown.filter((row) => row.code).slice(0, DRAWN);
    }

    function layout() {
      if (!made.has(-1)) {
        const built = build(hub, 0);
        made.set(-1, built);
        head.append(built);
      }
      width = Math.max(60, axis.clientWidth);
      for (const [index, built] of made) if (index >= 0) { built.remove(); made.delete(index); }
      made.get(-1).lastChild.firstChild.replaceWith(timeline(hub));
      const every = stride(end, width / 90);
      const marks = [];
      for (let at = 0; at <= end; at += every) {
        const anchor = at === 0 ? 'start' : x(at) > width - 30 ? 'end' : 'middle';
        marks.push(shape('text', { x: at === 0 ? 0 : anchor === 'end' ? width : x(at), y: 15, 'text-anchor': anchor }, label(at)));
      }
      axis.replaceChildren(shape('svg', { viewBox: `0 0 ${width} 22`, 'aria-hidden': 'true' }, ...marks), element('span', { class: 'spoken' }, 'Time'));
      paint();
    }

    function sort(by) {
      const first = by === 'waited';
      order = order.by !== by ? { by, down: first } : order.down === first ? { by, down: !first } : { by: 'given', down: false };
      arrange();
    }

    function arrange() {
      const wanted = search.value.trim().toLowerCase();
      const rank = (row) => STATUSES.indexOf(row.status);
      const compare = {
        given: (a, b) => a.index - b.index,
        name: (a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0),
        waited: (a, b) => a.waited - b.waited,
        outcome: (a, b) => rank(a) - rank(b) || (a.code < b.code ? -1 : a.code > b.code ? 1 : 0) || b.waited - a.waited,
      }[order.by];
      shown = rows.filter((row) => (!only || row.status === only) && row.sought.includes(wanted)).sort((a, b) => (order.down ? -1 : 1) * compare(a, b) || a.index - b.index);
      for (const [name, header] of Object.entries(headers)) header.setAttribute('aria-sort', order.by === name ? (order.down ? 'descending' : 'ascending') : 'none');
      count.textContent = shown.length === rows.length ? '' : `${shown.length} of ${rows.length} orgs`;
      grid.setAttribute('aria-rowcount', shown.length + 2);
      note.hidden = shown.length > 0 || !rows.length;
      note.textContent = 'No org is like that.';
      if (active && !active.hub && !shown.includes(active)) choose(null);
      paint();
    }

    function choose(row, at = null) {
      active = row;
      cursor = at;
      if (row) grid.setAttribute('aria-activedescendant', `row${row.index}`);
      else grid.removeAttribute('aria-activedescendant');
      tell(row, at);
      paint();
    }

    /** Shows the details of an org, and of one attempt; above, where they would cover what the mouse is on. */
    function tell(row, at, above = false) {
      details.hidden = !row;
      details.classList.toggle('above', above);
      document.body.classList.toggle('told', !!active);
      if (!row) return;
      const facts = [
        ['Alias', row.alias], ['Attempts', row.attempts], ['Waited', row.hub ? '' : duration(row.waited)], ['Org id', row.id],
        ['Instance', row.url], ['Expires', row.expires], ['Created', row.created === null || row.hub ? '' : clock(row.created)],
        ['Last refused', row.refused === null || row.hub ? '' : clock(row.refused)], ['Ready', row.ready === null || row.hub ? '' : clock(row.ready)], ['Settings', row.settings],
      ].filter(([, value]) => value);
      const close = element('button', { type: 'button', class: 'close', 'aria-label': 'Close the details' }, '×');
      close.addEventListener('click', () => choose(null));
      const all = attempts(row);
      const said = all[at];
      const cause = row.cause;
      details.replaceChildren(close,
        element('h3', {}, ...(row.hub ? [row.name] : [badge(row.status), row.name, ` ${row.word}`, row.code ? `: ${row.code}` : ''])),
        element('dl', {}, ...facts.map(([name, value]) => element('div', {}, element('dt', {}, name), element('dd', {}, value)))),
        element('p', {}, story(row)),
        ...(cause ? [element('p', {}, cause.description || cause.error || ''), element('p', { class: 'action' }, cause.hint)] : []),
        element('ol', {}, ...together(all, at)));
      mask(row, said);
    }

    /** Attempts that were answered alike, one after the other, are one line; the one that is looked at has its own. */
    function together(all, at) {
      const lines = [];
      all.forEach((attempt, i) => {
        const last = lines[lines.length - 1];
        const text = attempt.said ? `${attempt.answer}: ${attempt.said}` : attempt.answer;
        if (last && last.text === text && last.what === attempt.what && i !== at && last.from !== at) last.to = i;
        else lines.push({ from: i, to: i, text, what: attempt.what });
      });
      return lines.map((line) => {
        const [from, to] = [all[line.from], all[line.to]];
        const alone = line.from === line.to;
        const many = alone ? `${line.what} ${line.from + 1} at ${duration(from.at)}, ${duration(from.took)} long` : `${line.what} ${line.from + 1}–${line.to + 1} at ${duration(from.at)} to ${duration(to.at)}`;
        return element('li', line.from === at ? { class: 'here' } : {}, `${many}: ${line.text}`);
      });
    }

    let ring = null;
    function mask(row, attempt) {
      if (ring) ring.remove();
      ring = null;
      const built = made.get(row.index);
      if (!attempt || !built) return;
      ring = shape('circle', { class: 'cursor', r: 8, cx: x(attempt.until), cy: 11 });
      built.lastChild.firstChild.append(ring);
    }

    function reveal(row) {
      if (row.hub) return;
      const height = parseFloat(getComputedStyle(root).getPropertyValue('--row'));
      const top = body.getBoundingClientRect().top + shown.indexOf(row) * height;
      const [from, to] = [head.offsetHeight, innerHeight - (details.hidden ? 0 : details.offsetHeight)];
      if (top < from) scrollBy(0, top - from);
      else if (top + height > to) scrollBy(0, top + height - to);
    }

    grid.addEventListener('focus', () => { if (!active && shown.length && grid.matches(':focus-visible')) choose(shown[0]); });
    document.addEventListener('keydown', (event) => { if (event.key === 'Escape' && !details.hidden) { choose(null); event.preventDefault(); } });
    grid.addEventListener('keydown', (event) => {
      if (event.target !== grid || event.altKey || event.ctrlKey || event.metaKey) return;
      const list = [hub, ...shown];
      const place = active ? list.indexOf(active) : 0;
      const page = Math.max(1, Math.floor((innerHeight - head.offsetHeight) / 2 / parseFloat(getComputedStyle(root).getPropertyValue('--row'))));
      const to = { ArrowDown: place + 1, ArrowUp: place - 1, PageDown: place + page, PageUp: place - page, Home: 1, End: list.length - 1 }[event.key];
      if (to !== undefined && list.length) {
        const row = list[Math.max(0, Math.min(list.length - 1, to))];
        choose(row);
        reveal(row);
        paint();
      } else if ((event.key === 'ArrowRight' || event.key === 'ArrowLeft') && active) {
        const many = attempts(active).length;
        if (many) choose(active, cursor === null ? (event.key === 'ArrowRight' ? 0 : many - 1) : Math.max(0, Math.min(many - 1, cursor + (event.key === 'ArrowRight' ? 1 : -1))));
      } else return;
      event.preventDefault();
    });
    const leave = (event) => {
      const inside = (place) => event.relatedTarget instanceof Node && place.contains(event.relatedTarget);
      if (!inside(body) && !inside(details)) tell(active, cursor);
    };
    body.addEventListener('pointerleave', leave);
    details.addEventListener('pointerleave', leave);
    search.addEventListener('input', arrange);
    words.addEventListener('click', () => words.setAttribute('aria-pressed', String(root.classList.toggle('words'))));

    for (const item of document.querySelectorAll('#totals li')) {
      const button = element('button', { type: 'button', 'aria-pressed': 'false' });
      button.append(badge(item.dataset.status), ...item.childNodes);
      item.append(button);
      button.addEventListener('click', () => {
        only = only === item.dataset.status ? null : item.dataset.status;
        for (const other of document.querySelectorAll('#totals li')) other.firstChild.setAttribute('aria-pressed', String(other.dataset.status === only));
        arrange();
      });
    }

    let due = false;
    const soon = () => {
      if (due) return;
      due = true;
      requestAnimationFrame(() => { due = false; paint(); });
    };
    addEventListener('scroll', soon, { passive: true });
    addEventListener('resize', soon);
    new ResizeObserver(() => { if (axis.clientWidth !== width) layout(); }).observe(axis);
    wide.addEventListener('change', layout);
    const print = (on) => {
      if (printing === on) return;
      printing = on;
      const left = shown.length - printed().length;
      note.hidden = !on || !left;
      note.textContent = `${left} more orgs are not printed.`;
      paint();
    };
    addEventListener('beforeprint', () => print(true));
    addEventListener('afterprint', () => print(false));
    matchMedia('print').addEventListener('change', (event) => print(event.matches));
    layout();
    arrange();
  }

  /** The distribution of replication times: each ready org from its last refusal to the moment it was found ready. */
  function replication(rows) {
    const section = document.getElementById('spread');
    const day = 24 * 3600e3;
    const young = rows.filter((row) => row.ready !== null && row.created !== null && row.ready - row.created < day);
    const orgs = young.map((row) => ({ row, high: row.ready - row.created, low: row.refused === null ? null : Math.max(0, row.refused - row.created) })).sort((a, b) => a.high - b.high);
    if (!orgs.length) return;
    const at = (share) => orgs[Math.max(0, Math.ceil(share * orgs.length) - 1)].high;
    const [median, most] = [at(0.5), at(0.95)];
    const first = orgs.filter((org) => org.low === null).length;
    const seen = orgs.length - first;
    const one = orgs.length === 1;
    const orgWord = (n) => `${n} ${n === 1 ? 'org' : 'orgs'}`;
    const sentence = one
      ? `The org was ready ${duration(median)} after its creation, at most.`
      : `Of ${orgWord(orgs.length)}, half were ready within ${duration(median)} of their creation, and 95 % within ${duration(most)}: upper bounds, by the moment they were found ready.`;
    const apart = first ? ` ${orgWord(first)} ${first === 1 ? 'was' : 'were'} ready at the first attempt, or never refused (○): how much sooner is not known.` : '';
    const refused = seen ? ' A line goes back to the last refusal (●): replication ended within it.' : '';
    const plot = element('div', {});
    section.append(element('p', {}, sentence + refused + apart), plot);
    section.hidden = false;

    function paint() {
      const width = Math.max(200, plot.clientWidth);
      const height = Math.max(34, Math.min(170, orgs.length * 16));
      const waited = orgs.filter((org) => org.low !== null);
      const right = Math.max(1, most, waited.length ? waited[waited.length - 1].high : orgs[orgs.length - 1].high) * 1.04;
      const x = (ms) => 6 + (Math.min(ms, right) / right) * (width - 18);
      const y = (place) => (orgs.length === 1 ? height / 2 : 6 + (1 - place / (orgs.length - 1)) * (height - 12));
      const drawnMost = Math.min(orgs.length, 400);
      const parts = [];
      const every = stride(right, width / 90);
      for (let ms = 0; ms <= right; ms += every) {
        parts.push(shape('path', { class: 'mesh', d: `M${x(ms)} 0V${height}` }));
        parts.push(shape('text', { x: x(ms), y: height + 16, 'text-anchor': ms === 0 ? 'start' : x(ms) > width - 30 ? 'end' : 'middle' }, label(ms)));
      }
      parts.push(shape('path', { class: 'base', d: `M0 ${height}H${width}` }));
      const dots = [];
      for (let i = 0; i < drawnMost; i += 1) {
        const place = drawnMost === 1 ? 0 : Math.round((i * (orgs.length - 1)) / (drawnMost - 1));
        const { high, low } = orgs[place];
        const r = orgs.length > 60 ? 2 : 3.5;
        if (low !== null) {
          parts.push(shape('path', { class: 'between', d: `M${x(low)} ${y(place)}H${x(high)}` }));
          dots.push(shape('circle', { class: 'sure', cx: x(high), cy: y(place), r }));
        } else if (high > right) {
          dots.push(shape('path', { class: 'beyond', d: `M${width - 8} ${y(place) - 3}l5 3l-5 3` }));
        } else dots.push(shape('circle', { class: 'at-most', cx: x(high), cy: y(place), r }));
      }
      const levels = one ? [] : [[0.5, 'median', median], [0.95, '95 %', most]];
      for (const [share, name, ms] of levels) {
        const left = x(ms) < width * 0.6;
        parts.push(shape('path', { class: 'level', d: `M${x(ms)} ${name === 'median' ? -4 : -20}V${height}` }));
        parts.push(shape('text', { class: 'strong', x: x(ms) + (left ? 4 : -4), y: share === 0.5 ? -1 : -15, 'text-anchor': left ? 'start' : 'end' }, `${name} ${duration(ms)}`));
      }
      plot.replaceChildren(shape('svg', { viewBox: `0 -32 ${width} ${height + 56}`, role: 'img', 'aria-label': sentence + apart }, ...parts, ...dots));
    }
    paint();
    new ResizeObserver(paint).observe(plot);
  }
}
