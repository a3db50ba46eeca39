'use strict';
// The picture is drawn already. This adds what a reader does with it: select, ask, follow causes, filter.
addEventListener('error', (event) => { document.documentElement.dataset.error = event.message; });

const data = JSON.parse(document.getElementById('data').textContent);
const { moments, arrows, states, texts, blamed } = data;
const $ = (id) => document.getElementById(id);
const body = $('body');
const isStep = (at) => moments[at].state !== undefined;
const byMoment = new Map();
const byArrow = new Map();
for (const element of body.querySelectorAll('[data-m]')) {
  const at = Number(element.dataset.m);
  byMoment.set(at, [...(byMoment.get(at) || []), element]);
}
for (const element of body.querySelectorAll('[data-a]')) {
  byArrow.set(Number(element.dataset.a), element);
  // A line is too thin to be hit.
  const hit = element.querySelector('.line').cloneNode();
  hit.setAttribute('class', 'hit');
  element.prepend(hit);
}
// Faults, crashes and phases explain whatever comes after them, and stay.
const stays = (element) => element.querySelector('.fault, .bad, .phase') !== null;
// What is faded before anything is selected: all that did not lead to the violation.
const fadedAtFirst = [...body.querySelectorAll('.out')];
let selected = null;

// Elements. Text is only ever set as text.
function make(tag, text, className) {
  const element = document.createElement(tag);
  if (text !== undefined) element.textContent = text;
  if (className) element.className = className;
  return element;
}

function link(text, at) {
  const element = make('a', text);
  element.href = address(at);
  element.addEventListener('click', (event) => { event.preventDefault(); select(at); });
  return element;
}

function address(at) {
  return moments[at].seq === undefined ? `#moment=${at}` : `#step=${moments[at].seq}`;
}

function show(...parts) {
  $('panel').replaceChildren(...parts.filter(Boolean));
  $('panel').scrollTop = 0;
}

function showIntro() {
  show($('intro').content.cloneNode(true));
}

// The state of the node before and after a step.
function stateBefore(at) {
  for (let before = moments[at].before; before !== undefined; before = moments[before].before) {
    if (isStep(before)) return states[moments[before].state];
  }
  return [];
}

// Lines that went, came and stayed: a longest common subsequence between what begins and ends alike.
function compare(old, now) {
  let start = 0;
  while (start < old.length && start < now.length && old[start] === now[start]) start++;
  let end = 0;
  while (end < old.length - start && end < now.length - start
    && old[old.length - 1 - end] === now[now.length - 1 - end]) end++;
  const a = old.slice(start, old.length - end);
  const b = now.slice(start, now.length - end);
  const lines = old.slice(0, start).map((line) => [' ', line]);
  if (a.length * b.length > 250000) {
    lines.push(...a.map((line) => ['-', line]), ...b.map((line) => ['+', line]));
  } else {
    const longest = Array.from({ length: a.length + 1 }, () => new Uint32Array(b.length + 1));
    for (let i = a.length - 1; i >= 0; i--) {
      for (let j = b.length - 1; j >= 0; j--) {
        longest[i][j] = a[i] === b[j] ? longest[i + 1][j + 1] + 1 : Math.max(longest[i + 1][j], longest[i][j + 1]);
      }
    }
    let i = 0;
    let j = 0;
    while (i < a.length || j < b.length) {
      if (i < a.length && j < b.length && a[i] === b[j]) { lines.push([' ', a[i]]); i++; j++; }
      else if (i < a.length && (j === b.length || longest[i + 1][j] >= longest[i][j + 1])) lines.push(['-', a[i++]]);
      else lines.push(['+', b[j++]]);
    }
  }
  return [...lines, ...now.slice(now.length - end).map((line) => [' ', line])];
}

function showState(at) {
  const lines = compare(stateBefore(at), states[moments[at].state]);
  const changes = lines.filter(([sign]) => sign !== ' ').length;
  const near = (nth) => lines.slice(Math.max(0, nth - 2), nth + 3).some(([sign]) => sign !== ' ');
  const box = make('div', undefined, 'state');
  let alike = null;
  lines.forEach(([sign, line], nth) => {
    const text = `${sign} ${texts[line]}`;
    if (lines.length < 16 || near(nth)) {
      alike = null;
      box.append(make('code', text, { '+': 'plus', '-': 'minus', ' ': 'same' }[sign]));
      return;
    }
    if (!alike) {
      alike = { details: make('details'), pre: make('pre'), count: 0 };
      alike.details.append(make('summary'), alike.pre);
      box.append(alike.details);
    }
    alike.count++;
    alike.pre.textContent += `${text}\n`;
    alike.details.firstChild.textContent = `${alike.count} ${alike.count === 1 ? 'line' : 'lines'} as before`;
  });
  return [make('h3', changes ? 'State: before − and after +' : 'State: unchanged'), box];
}

function showMoment(at) {
  const moment = moments[at];
  const facts = [`${moment.at} ms`];
  if (moment.seq !== undefined) facts.unshift(`#${moment.seq}`);
  const parts = [make('h2', moment.title), make('p', facts.join(' · '))];
  if (at === blamed) parts.push(make('p', document.querySelector('h1').textContent, 'minus'));
  if (moment.fed !== undefined) parts.push(make('h3', 'Was fed'), make('pre', texts[moment.fed]));
  if (moment.sent !== undefined) {
    const from = make('p', 'sent at ');
    from.append(link(`${moments[moment.sent].at} ms`, moment.sent));
    parts.push(from);
  }
  if (isStep(at)) {
    parts.push(make('h3', moment.done ? 'Did' : 'Did nothing'));
    for (const [verb, text] of moment.done || []) {
      const deed = make('div', undefined, 'deed');
      deed.append(make('b', verb), make('code', texts[text]));
      parts.push(deed);
    }
    parts.push(...showState(at));
  }
  show(...parts);
}

function showArrow(at) {
  const arrow = arrows[at];
  const number = arrow.letter ? `Message ${arrow.letter}` : 'A message';
  const parts = [make('h2', `${number}: n${arrow.from} → n${arrow.to}`), make('p', arrow.fate)];
  for (const [word, end] of [['sent', arrow.sent], ['ended', arrow.ended]]) {
    if (end === null) continue;
    const line = make('p', `${word} at `);
    line.append(link(`${moments[end].at} ms`, end));
    parts.push(line);
  }
  parts.push(make('h3', 'It says'), make('pre', texts[arrow.text]));
  mark(byArrow.get(at));
  show(...parts);
}

// Selection.
function mark(element) {
  for (const marked of body.querySelectorAll('.selected')) marked.classList.remove('selected');
  if (element) element.classList.add('selected');
}

function select(at, quiet) {
  selected = at;
  const row = body.querySelector(`rect.row[data-m="${at}"]`);
  mark(row);
  showMoment(at);
  fade();
  row.scrollIntoView({ block: 'nearest' });
  // The names of the lanes hide what is right below them.
  const hidden = $('names').getBoundingClientRect().bottom - row.getBoundingClientRect().top;
  if (hidden > 0) $('chart').scrollTop -= hidden + 4;
  if (!quiet) history.replaceState(null, '', address(at));
}

// The place before the first row in sight, or after the last one.
function edge(by) {
  const top = $('names').getBoundingClientRect().bottom;
  const { bottom } = $('chart').getBoundingClientRect();
  const rows = [...body.querySelectorAll('.row')].map((row) => row.getBoundingClientRect());
  if (by > 0) return Math.max(rows.findIndex((row) => row.top >= top), 0) - 1;
  return rows.findLastIndex((row) => row.bottom <= bottom) + 1;
}

function nextStep(by, sameNode) {
  let at = selected === null ? edge(by) : selected;
  const node = selected === null ? null : moments[selected].node;
  for (at += by; at >= 0 && at < moments.length; at += by) {
    if (isStep(at) && (!sameNode || node === null || moments[at].node === node)) return select(at);
  }
}

// The past of a moment: what happened before on its node, and whatever sent what was received.
function past(of) {
  const seen = new Set();
  const open = [of];
  while (open.length) {
    const at = open.pop();
    if (at === undefined || seen.has(at)) continue;
    seen.add(at);
    open.push(moments[at].before, moments[at].sent);
  }
  return seen;
}

function fade() {
  const on = $('past').checked;
  body.classList.toggle('faded', on);
  if (!on) return;
  for (const element of body.querySelectorAll('.out')) element.classList.remove('out');
  if (selected === null || selected === blamed) {
    for (const element of fadedAtFirst) element.classList.add('out');
    return;
  }
  const led = past(selected);
  byMoment.forEach((elements, at) => {
    for (const element of elements) element.classList.toggle('out', element.tagName === 'g' && !led.has(at) && !stays(element));
  });
  byArrow.forEach((element, at) => {
    element.classList.toggle('out', !(led.has(arrows[at].ended) && moments[arrows[at].ended].state !== undefined));
  });
}

function filter() {
  const wanted = $('filter').value.toLowerCase();
  const like = new Set();
  for (const row of body.querySelectorAll('.say')) {
    const hit = row.textContent.toLowerCase().includes(wanted);
    row.classList.toggle('unlike', !hit);
    if (hit) like.add(Number(row.dataset.m));
  }
  byArrow.forEach((element, at) => {
    const { sent, ended } = arrows[at];
    element.classList.toggle('unlike', wanted !== '' && !like.has(sent) && !like.has(ended));
  });
}

function follow() {
  const [, kind, number] = /^#(step|moment)=(\d+)$/.exec(location.hash) || [];
  const at = kind === 'step' ? moments.findIndex((moment) => moment.seq === Number(number)) : Number(number);
  if (kind && moments[at]) return select(at, true);
  showIntro();
}

const keys = {
  j: () => nextStep(1), ArrowDown: () => nextStep(1), k: () => nextStep(-1), ArrowUp: () => nextStep(-1),
  J: () => nextStep(1, true), K: () => nextStep(-1, true),
  ArrowLeft: () => {
    if (selected === null) return;
    const { sent, before } = moments[selected];
    if ((sent ?? before) !== undefined) select(sent ?? before);
  },
  p: () => $('past').click(),
  v: () => $('blame').click(),
  '/': () => $('filter').focus(),
  '?': () => $('about').click(),
  Escape: () => { selected = null; mark(null); fade(); showIntro(); history.replaceState(null, '', '#'); },
};

addEventListener('keydown', (event) => {
  if (event.key === 'Escape') $('chart').focus();
  else if (event.target.matches('input[type=search]')) return;
  if (event.ctrlKey || event.metaKey || event.altKey || !keys[event.key]) return;
  event.preventDefault();
  keys[event.key]();
});
body.addEventListener('click', (event) => {
  const target = event.target.closest('[data-m], [data-a]');
  if (!target) return;
  if (target.dataset.a === undefined) select(Number(target.dataset.m));
  else showArrow(Number(target.dataset.a));
});
$('filter').addEventListener('input', filter);
$('past').addEventListener('change', fade);
$('about').addEventListener('click', keys.Escape);
$('blame').addEventListener('click', () => { if (blamed !== null) select(blamed); });
addEventListener('hashchange', follow);

$('past').checked = blamed !== null;
$('blame').hidden = blamed === null;
fade();
if (location.hash.length < 2) $('chart').scrollTop = $('chart').scrollHeight;
follow();
