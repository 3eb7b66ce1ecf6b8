// Hot leads week by week, by two models beside each other.

import {line, ROOM, roomFor, scale, text, ticks} from '../../../parts/chart.js';
import {svg} from '../../../parts/element.js';
import {count} from '../../../parts/format.js';

const HEIGHT = 200;
const DAY = new Intl.DateTimeFormat('en-GB', {day: 'numeric', month: 'short', timeZone: 'UTC'});
const MOST_LABELS = 8;
const LEAST_WEEKS = 6; // so that the bars of a few stay bars

// weeks: [{from, before, after}]; the table below the chart has the numbers.
export function weeksChart(weeks) {
  const width = roomFor(document.querySelector('.studio-step') ?? undefined);
  const most = Math.max(1, ...weeks.flatMap(({before, after}) => [before, after]));
  const x = scale([0, Math.max(weeks.length, LEAST_WEEKS)], [ROOM.left, width - ROOM.right]);
  const y = scale([0, most], [HEIGHT - ROOM.bottom, ROOM.top + 16]);
  const bar = (value, from, to, kind) => svg('rect', {class: kind, x: from, width: Math.max(1, to - from - 1), y: y(value), height: Math.max(0, HEIGHT - ROOM.bottom - y(value))}, svg('title', {}, count(value)));
  const every = Math.ceil(weeks.length / MOST_LABELS);
  return svg('svg', {class: 'chart', viewBox: `0 0 ${width} ${HEIGHT}`, role: 'img', 'aria-label': 'Hot leads week by week, by the model in force and by the draft; the table below has the numbers'},
    ticks(0, most).filter(Number.isInteger).map((tick) => [line(ROOM.left, y(tick), width - ROOM.right, y(tick), 'grid'), text(ROOM.left - 8, y(tick) + 4, count(tick), {class: 'end'})]),
    weeks.map(({from, before, after}, index) => {
      const [start, end] = [x(index + 0.1), x(index + 0.9)];
      return [bar(before, start, (start + end) / 2, 'in-force'), bar(after, (start + end) / 2, end, 'column'),
        index % every === 0 && text((start + end) / 2, HEIGHT - 6, DAY.format(new Date(from)), {class: 'middle'})];
    }),
    text(ROOM.left, 10, 'left: in force, right: the draft', {}));
}
