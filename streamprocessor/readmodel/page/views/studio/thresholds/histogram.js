// How the draft's scores are spread, with the bounds of its stages to be moved: by the pointer, and by keys.

import {line, ROOM, roomFor, scale, text, ticks} from '../../../parts/chart.js';
import {el, svg} from '../../../parts/element.js';
import {count} from '../../../parts/format.js';
import {slider} from '../fields/slider.js';
import {listed, roomOf, written} from '../fields/stages.js';

const HEIGHT = 240;
const USUAL_HIGH = 60;

// place: of the score's stages.
export function histogram({place, score, preview}) {
  const stages = listed(place.value);
  const shown = preview.answer?.scores?.[score]?.histogram;
  const {bounds, counts} = shown?.counts?.length ? shown : {bounds: [], counts: []};
  const low = Math.min(0, ...bounds, ...stages.map(({from}) => from));
  const high = Math.max(USUAL_HIGH, ...bounds, ...stages.map(({from}) => Math.ceil(1.2 * from)));
  const width = roomFor(document.querySelector('.studio-step') ?? undefined);
  const x = scale([low, high], [ROOM.left, width - ROOM.right]);
  const y = scale([0, Math.max(1, ...counts)], [HEIGHT - ROOM.bottom, ROOM.top + 16]);
  const chart = svg('svg', {class: 'chart', viewBox: `0 0 ${width} ${HEIGHT}`, role: 'group', 'aria-label': `Contacts by their ${score}, and where stages begin`},
    ticks(0, Math.max(1, ...counts)).filter((tick) => counts.length || tick === 0).filter(Number.isInteger).map((tick) => [line(ROOM.left, y(tick), width - ROOM.right, y(tick), 'grid'), text(ROOM.left - 8, y(tick) + 4, count(tick), {class: 'end'})]),
    counts.map((many, index) => svg('rect', {class: 'column', x: x(bounds[index]) + 0.5, width: Math.max(1, x(bounds[index + 1]) - x(bounds[index]) - 1), y: y(many), height: Math.max(0, HEIGHT - ROOM.bottom - y(many))},
      svg('title', {}, `${bounds[index]} to ${bounds[index + 1]}: ${count(many)}`))),
    ticks(low, high, width < 500 ? 5 : 10).map((tick) => text(x(tick), HEIGHT - 6, tick, {class: 'middle'})));
  stages.forEach((stage, index) => {
    if (index === 0) return; // below the lowest number the lowest stage holds
    chart.append(slider({
      id: `bound-${stage.name}`, label: `${stage.name} begins at`, value: stage.from, range: () => roomOf(stages, index, [low, high]),
      x, top: ROOM.top, bottom: HEIGHT - ROOM.bottom, words: stage.name, row: index % 2, toValue: (at) => Math.round(low + ((at - ROOM.left) / (width - ROOM.right - ROOM.left)) * (high - low)),
      onset: (from) => place.of(stage.name).set(written({...stage, from})),
    }));
  });
  return el('div', {}, !counts.length && el('p', {class: 'quiet'}, preview.answer?.scores ? 'Nobody has this score yet.' : 'How scores are spread is shown as soon as the draft can be tried.'), chart);
}
