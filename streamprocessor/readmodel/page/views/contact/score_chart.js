// A score over time: what was shown until now, and what comes by itself.

import {line, path, ROOM, roomFor, scale, text, ticks, timeTicks} from '../../parts/chart.js';
import {svg} from '../../parts/element.js';

const HEIGHT = 300;
const LABEL_GAP = 76;

// steps: of the history, the newest first; now: the score now; forecast: as the API tells it; score: its description.
export function scoreChart({score, value, steps, now, forecast}) {
  const past = steps.map((step) => shownIn(step, score, value)).filter(([, shown]) => shown !== null).reverse();
  const at = Date.parse(forecast.from);
  const until = Date.parse(forecast.until);
  const from = Math.max(at - (until - at), Math.min(past[0]?.[0] ?? at, at - (until - at) / 8));
  const samples = forecast.samples.filter(({unrounded}) => unrounded !== null)
    .map(({at: instant, unrounded}) => [Date.parse(instant), unrounded]);
  const [low, high] = extent([now.score, ...past.filter(([instant]) => instant >= from).map(([, shown]) => shown),
    ...samples.map(([, unrounded]) => unrounded)], score.bounds);
  const width = roomFor();
  const x = scale([from, until], [ROOM.left, width - ROOM.right]);
  const y = scale([low, high], [HEIGHT - ROOM.bottom, ROOM.top]);
  const place = ([instant, shown]) => [x(instant), y(shown)];
  const changes = stageChanges(forecast);
  return svg('svg', {
    class: 'chart', viewBox: `0 0 ${width} ${HEIGHT}`, role: 'img',
    'aria-label': `${score.name} over time: ${now.score} now, ${changes.length} stage changes to come`,
  },
  ticks(low, high).map((tick) => [
    line(ROOM.left, y(tick), width - ROOM.right, y(tick), 'grid'),
    text(ROOM.left - 8, y(tick) + 4, tick, {class: 'end'}),
  ]),
  timeTicks(from, at, until, width < 500 ? 4 : 8).map(([instant, label]) =>
    text(x(instant), HEIGHT - 6, label, {class: label === 'now' ? 'middle strong' : 'middle'})),
  score.bounds.map((bound, index) => index > 0 && bound >= low && bound <= high && [
    line(ROOM.left, y(bound), width - ROOM.right, y(bound), 'bound'),
    text(width - ROOM.right, y(bound) - 4, boundName(score, index), {class: 'end'}),
  ]),
  line(x(at), ROOM.top, x(at), HEIGHT - ROOM.bottom, 'now'),
  svg('path', {class: 'past', d: path(steppedFrom(past, from, at, now.score).map(place), {stepped: true})}),
  samples.length > 1 && svg('path', {class: 'future', d: path(samples.map(place))}),
  marks(changes, x, y, width),
  svg('circle', {class: 'here', cx: x(at), cy: y(now.score), r: 4}));
}

function boundName({stages, bounds, left_below: left}, index) {
  const until = left[index] === null ? '' : `, left below ${left[index]}`;
  return `${stages[index]} from ${bounds[index]}${until}`;
}

// The steps to come that change the stage.
export function stageChanges(forecast) {
  return forecast.steps.filter((step) => step.stage !== step.previous_stage && step.previous_stage !== null);
}

// Each change is a dot on the curve; names stand above as far as they do not touch.
function marks(changes, x, y, width) {
  let free = -Infinity;
  return changes.map((step) => {
    const [cx, cy] = [x(Date.parse(step.at)), y(step.unrounded)];
    const isFree = cx - free > LABEL_GAP;
    if (isFree) free = cx;
    return [
      line(cx, cy, cx, HEIGHT - ROOM.bottom, 'change'),
      svg('circle', {class: 'change', cx, cy, r: 4.5}),
      isFree && text(Math.min(cx + 7, width - 60), cy - 8, step.stage, {class: 'strong'}),
    ];
  });
}

function shownIn(step, score, value) {
  const change = step.scores[score.name];
  const shown = value ? change?.values?.[value] : change;
  return [Date.parse(step.at), shown?.score ?? null];
}

// What was shown from the left edge to now.
function steppedFrom(past, from, at, score) {
  const inside = past.filter(([instant]) => instant >= from);
  const before = past.findLast(([instant]) => instant < from);
  return [...(before ? [[from, before[1]]] : []), ...inside, [at, score]];
}

// From the lowest to the highest with some air; the nearest bound above belongs to what one wants to see.
function extent(values, bounds) {
  const [least, most] = [Math.min(0, ...values), Math.max(1, ...values)];
  const next = bounds.find((bound) => bound > most);
  const top = next !== undefined && next < most * 1.6 ? next : most;
  return [least, top + (top - least) * 0.08];
}
