// Values as people read them: two decimals, with all nine a click away; instants as distances, with the date behind them.

import {el, svg} from './element.js';

const UNITS = [
  ['year', 31_557_600], ['month', 2_629_800], ['day', 86_400], ['hour', 3_600], ['minute', 60], ['second', 1],
];
const THOUSANDS = /\B(?=(\d{3})+$)/g;
const THIN_SPACE = '\u202f';
const MOST_REASONS = 4;
const away = new Intl.RelativeTimeFormat('en', {numeric: 'auto'});
const whole = new Intl.DateTimeFormat('en-GB', {dateStyle: 'medium', timeStyle: 'medium'});

export const NOTHING = '–';

// 41, 5.45, 12 345.6 whatever the browser's language; what does not apply is a dash.
export function number(value) {
  return value === null || value === undefined ? NOTHING : grouped(String(Number(value.toFixed(2))));
}

// The same with all of its decimals, of which a score has nine.
export function allDecimals(value) {
  return value === null || value === undefined ? NOTHING : grouped(String(Number(value.toFixed(9))));
}

// The short one; where there are more decimals, the switch of its table shows them all.
export function digits(value) {
  const [short, all] = [number(value), allDecimals(value)];
  return short === all ? short : el('span', {class: 'digits', title: all, 'data-other': all}, short);
}

// A button that shows all decimals in there, and hides them again; null: there are none more.
export function decimalsSwitch(within) {
  if (!within.querySelector('.digits')) return null;
  const turn = ({currentTarget: button}) => {
    button.setAttribute('aria-pressed', String(button.getAttribute('aria-pressed') === 'false'));
    for (const each of within.querySelectorAll('.digits')) {
      [each.textContent, each.dataset.other] = [each.dataset.other, each.textContent];
    }
  };
  return el('button', {type: 'button', 'aria-pressed': 'false', onclick: turn}, 'All decimals');
}

export function percent(value) {
  return value === null || value === undefined ? NOTHING : `${value.toFixed(1)}\u00a0%`;
}

export function count(value) {
  return grouped(String(value));
}

// As the ISO writes numbers: a thin space between thousands, a point before decimals.
function grouped(text) {
  const [integer, decimals] = text.split('.');
  const left = integer.replace(THOUSANDS, THIN_SPACE);
  return decimals === undefined ? left : `${left}.${decimals}`;
}

// "3 hours ago", "in 2 days", with the date behind it.
export function ago(instant) {
  if (!instant) return NOTHING;
  const seconds = (Date.parse(instant) - Date.now()) / 1000;
  const [unit, length] = UNITS.find(([, each]) => Math.abs(seconds) >= each) ?? ['second', 1];
  return el('time', {datetime: instant, title: whole.format(new Date(instant))}, away.format(Math.round(seconds / length), unit));
}

export function exactly(instant) {
  return el('time', {datetime: instant, title: instant}, whole.format(new Date(instant)));
}

// A stage with its place among the others, from 0 (the lowest) to 4.
export function stage(name, stages = []) {
  if (name === null || name === undefined) return NOTHING;
  const at = stages.indexOf(name);
  const level = at < 0 || stages.length < 2 ? 2 : Math.round((4 * at) / (stages.length - 1));
  return el('span', {class: 'stage', 'data-level': level}, name);
}

// How far something came, with an arrow; null, and nothing: a dash.
export function change(by) {
  if (!by) return NOTHING;
  const isUp = by > 0;
  return el('span', {class: isUp ? 'up' : 'down'},
    svg('svg', {viewBox: '0 0 10 10', class: 'arrow', 'aria-hidden': 'true'},
      svg('path', {d: isUp ? 'M5 1 L9 8 L1 8 Z' : 'M5 9 L1 2 L9 2 Z'})),
    el('span', {class: 'unseen'}, isUp ? 'up ' : 'down '), number(Math.abs(by)));
}

function bar(share) {
  return svg('svg', {class: 'bar', viewBox: '0 0 100 6', preserveAspectRatio: 'none', 'aria-hidden': 'true'},
    svg('rect', {class: 'track', width: 100, height: 6}),
    svg('rect', {class: 'filled', width: Math.max(0, Math.min(100, share)), height: 6}));
}

// A share of a whole, 0 to 100, as a bar and a number; null: a dash.
export function share(value) {
  if (value === null) return NOTHING;
  return [bar(value), el('span', {class: 'share'}, percent(value))];
}

// How a score stands among all. Of a list in which nobody has points everybody has the highest score there is, so who
// has none is not compared.
export function relative(percentage, score) {
  return score > 0 ? share(percentage) : NOTHING;
}

// An attribute's value: a text as it is, all else as JSON.
export function value(content) {
  return typeof content === 'string' ? content : JSON.stringify(content);
}

// A rule's id as words; of a combined score the rule alone.
export function spelled(rule) {
  return rule.split('/').at(-1).replaceAll(/[-_]+/g, ' ');
}

// "contact us × 2, pricing": the reasons of an announcement, each once; what a limit takes off is none.
export function reasons(parts) {
  const times = new Map();
  for (const {rule, group, cut, count: events = 1} of parts) {
    const words = spelled(rule ?? group ?? '');
    if (words && !cut) times.set(words, (times.get(words) ?? 0) + events);
  }
  return [...times].slice(0, MOST_REASONS).map(([words, n]) => (n > 1 ? `${words}\u00a0×\u00a0${n}` : words)).join(', ');
}
