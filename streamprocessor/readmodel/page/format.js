// Values as people read them. Scores stay as the API gives them, to the last digit.

import {el, svg} from './element.js';

const UNITS = [['day', 86_400], ['hour', 3_600], ['minute', 60], ['second', 1]];
const away = new Intl.RelativeTimeFormat('en', {numeric: 'auto'});
const whole = new Intl.DateTimeFormat('en-GB', {dateStyle: 'medium', timeStyle: 'medium'});

export const NOTHING = '–';

// 41, 5.454783; what does not apply is a dash.
export function number(value) {
  return value === null || value === undefined ? NOTHING : String(value);
}

export function percent(value) {
  return value === null || value === undefined ? NOTHING : `${value.toFixed(1)} %`;
}

export function count(value) {
  return value.toLocaleString('en');
}

// "3 hours ago", "in 2 days", with the instant itself behind it.
export function ago(instant) {
  if (!instant) return NOTHING;
  const seconds = (Date.parse(instant) - Date.now()) / 1000;
  const [unit, length] = UNITS.find(([, each]) => Math.abs(seconds) >= each) ?? ['second', 1];
  return el('time', {datetime: instant, title: instant}, away.format(Math.round(seconds / length), unit));
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

// Which way the last step went.
export function trend(now, previous) {
  if (now === null || previous === null || now === previous) return NOTHING;
  const isUp = now > previous;
  return el('span', {class: isUp ? 'up' : 'down'},
    svg('svg', {viewBox: '0 0 10 10', class: 'arrow', 'aria-hidden': 'true'},
      svg('path', {d: isUp ? 'M5 1 L9 8 L1 8 Z' : 'M5 9 L1 2 L9 2 Z'})),
    el('span', {class: 'unseen'}, isUp ? 'up ' : 'down '), el('span', {class: 'extra'}, `from ${number(previous)}`));
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

// An attribute's value: a text as it is, all else as JSON.
export function value(content) {
  return typeof content === 'string' ? content : JSON.stringify(content);
}
