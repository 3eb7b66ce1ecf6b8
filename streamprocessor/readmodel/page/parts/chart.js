// What charts share: scales, ticks and the room around them.

import {svg} from './element.js';

export const ROOM = {top: 14, right: 16, bottom: 26, left: 46};
const UNITS = [
  ['s', 1_000], ['min', 60_000], ['h', 3_600_000], ['d', 86_400_000],
];
const SPANS_MS = [1, 5, 10, 15, 30].map((n) => n * 1_000).concat(
  [1, 5, 10, 15, 30].map((n) => n * 60_000), [1, 3, 6, 12].map((n) => n * 3_600_000),
  [1, 2, 5, 7, 14, 30, 60, 90, 180].map((n) => n * 86_400_000));

// Where values of a domain lie between two places.
export function scale([low, high], [from, to]) {
  const extent = high - low || 1;
  return (value) => Math.round((from + ((value - low) / extent) * (to - from)) * 100) / 100;
}

// Round numbers over a domain, about so many.
export function ticks(low, high, about = 5) {
  const rough = (high - low || 1) / about;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 5, 10].find((each) => each * power >= rough);
  const marks = [];
  for (let n = Math.ceil(low / step); n <= Math.floor(high / step); n += 1) marks.push(Number((n * step).toPrecision(12)));
  return marks;
}

// [instant, label] of round distances from now, in both directions.
export function timeTicks(from, now, to, about = 6) {
  const step = SPANS_MS.find((each) => (to - from) / each <= about) ?? SPANS_MS.at(-1);
  const marks = [];
  for (let n = Math.ceil((from - now) / step); n <= Math.floor((to - now) / step); n += 1) {
    marks.push([now + n * step, n === 0 ? 'now' : `${n > 0 ? '+' : '−'}${span(Math.abs(n) * step)}`]);
  }
  return marks;
}

// "7 d", "90 s".
export function span(length) {
  const [unit, each] = UNITS.findLast(([, size]) => length >= size && length % size === 0) ?? UNITS[0];
  return `${length / each} ${unit}`;
}

// How wide a chart may be here; texts in it keep their size.
export function roomFor(main = document.getElementById('main')) {
  return Math.max(300, Math.min(1100, main.clientWidth - 40));
}

export function text(x, y, words, attributes = {}) {
  return svg('text', {x, y, ...attributes}, words);
}

export function line(x1, y1, x2, y2, kind) {
  return svg('line', {x1, y1, x2, y2, class: kind});
}

// A path through points; stepped: each value holds until the next one.
export function path(points, {stepped = false} = {}) {
  return points.map(([x, y], index) => {
    if (index === 0) return `M${x} ${y}`;
    return stepped ? `H${x} V${y}` : `L${x} ${y}`;
  }).join(' ');
}
