// What is left of points as days go by, as a curve that is dragged.

import {line, path, ROOM, roomFor, scale, text, ticks} from '../../../parts/chart.js';
import {svg} from '../../../parts/element.js';
import {slider} from '../fields/slider.js';
import {lawOf, left} from './laws.js';

const HEIGHT = 240;
const POINTS = 240;
const LONGEST_DAYS = 730;

// place: of a `decay`; words: the law in force there, which may be the score's; title: of whose points.
export function curve({id, place, words, title}) {
  const law = lawOf(words);
  const handle = law.handle ? Math.max(1, Math.min(LONGEST_DAYS, Math.round(law.handle(words)))) : null;
  const days = Math.min(LONGEST_DAYS, Math.max(90, handle === null ? 0 : 3 * handle));
  const width = roomFor(document.querySelector('.studio-step') ?? undefined);
  const x = scale([0, days], [ROOM.left, width - ROOM.right]);
  const y = scale([0, 100], [HEIGHT - ROOM.bottom, ROOM.top]);
  const drawn = svg('path', {d: shape(words)});
  const chart = svg('svg', {class: 'chart', viewBox: `0 0 ${width} ${HEIGHT}`, role: 'group', 'aria-label': `What is left of ${title} as days go by`},
    [0, 50, 100].map((tick) => [line(ROOM.left, y(tick), width - ROOM.right, y(tick), 'grid'), text(ROOM.left - 8, y(tick) + 4, `${tick} %`, {class: 'end'})]),
    ticks(0, days, width < 500 ? 5 : 9).map((tick) => text(x(tick), HEIGHT - 6, tick === 0 ? 'now' : `${tick} d`, {class: 'middle'})), drawn);
  if (handle !== null) {
    chart.append(slider({
      id, label: `${title}: ${law.means}`, value: handle, range: () => [1, Math.min(LONGEST_DAYS, days)], x, top: ROOM.top, bottom: HEIGHT - ROOM.bottom,
      words: law.means, spell: (value) => `${value} days`, big: 10,
      toValue: (at) => Math.round(((at - ROOM.left) / (width - ROOM.right - ROOM.left)) * days),
      onmove: (value) => drawn.setAttribute('d', shape(law.moved(words, value))),
      onset: (value) => place.change((old) => law.moved(old ?? words, value)),
    }));
  }
  return chart;

  function shape(said) {
    return path(Array.from({length: POINTS + 1}, (_, index) => {
      const at = (days * index) / POINTS;
      return [x(at), y(100 * left(said, at))];
    }));
  }
}
