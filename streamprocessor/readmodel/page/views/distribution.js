// How a score is spread over all contacts: a histogram, and how many are in each stage.

import {goWith} from '../parts/address.js';
import {ask} from '../parts/api.js';
import {line, ROOM, roomFor, scale, text, ticks} from '../parts/chart.js';
import {el, empty, svg, table} from '../parts/element.js';
import {choice, field} from '../parts/fields.js';
import {count, number, share, stage} from '../parts/format.js';

const HEIGHT = 280;
const FINE = 40;

export async function show({query, signal}) {
  const {scores} = await ask('/api/scores', {signal});
  const score = scores.find(({name}) => name === query.get('score')) ?? scores[0];
  const path = `/api/scores/${encodeURIComponent(score.name)}`;
  const {values} = score.by === null ? {values: []} : await ask(`${path}/values`, {signal});
  const value = score.by === null ? '' : query.get('value') || values[0]?.value;
  const distribution = value === undefined ? {count: 0} : await ask(`${path}/distribution`, {query: {value, buckets: FINE}, signal});
  const title = value ? `${score.name} of ${value}` : score.name;
  return [
    el('h1', {}, 'Distribution'),
    el('div', {class: 'filters'},
      field('Score', choice('score', scores.map((each) => each.name), score.name,
        (event) => goWith({score: event.target.value, value: ''}))),
      score.by !== null && field(score.by, choice('value', values.map((each) => [each.value, `${each.value} (${count(each.count)})`]), value,
        (event) => goWith({value: event.target.value})))),
    ...(distribution.count ? [landmarks(distribution), distribution.buckets.length > 0 && histogram(title, distribution), funnel(title, score, distribution)]
      : [empty('Nobody has this score yet.', el('p', {}, 'Contacts come with their first event: see ', el('a', {href: '/contacts'}, 'Contacts'), '.'))]),
  ].filter(Boolean);
}

function landmarks(distribution) {
  const marks = [['Lowest', distribution.lowest], ['Median', distribution.median], ['Highest', distribution.highest]];
  const facts = [['Contacts', count(distribution.count)],
    ...marks.filter(([, amount]) => amount !== null).map(([name, amount]) => [name, number(amount)])];
  return el('dl', {class: 'facts'}, facts.map(([name, amount]) => el('div', {}, el('dt', {}, name), el('dd', {}, amount))));
}

function histogram(title, {buckets, median}) {
  const width = roomFor();
  const most = Math.max(...buckets.map((bucket) => bucket.count));
  const x = scale([buckets[0].from, buckets.at(-1).to], [ROOM.left, width - ROOM.right]);
  const y = scale([0, most], [HEIGHT - ROOM.bottom, ROOM.top + 12]);
  const chart = svg('svg', {
    class: 'chart', viewBox: `0 0 ${width} ${HEIGHT}`, role: 'img',
    'aria-label': `How many contacts are shown with which ${title}; the table below has the numbers`,
  },
  ticks(0, most).filter(Number.isInteger).map((tick) => [
    line(ROOM.left, y(tick), width - ROOM.right, y(tick), 'grid'),
    text(ROOM.left - 8, y(tick) + 4, count(tick), {class: 'end'}),
  ]),
  buckets.map((bucket) => svg('rect', {
    class: 'column', x: x(bucket.from) + 0.5, width: Math.max(1, x(bucket.to) - x(bucket.from) - 1),
    y: y(bucket.count), height: HEIGHT - ROOM.bottom - y(bucket.count),
  }, svg('title', {}, `${bucket.from} to ${bucket.to}: ${count(bucket.count)}`))),
  ticks(buckets[0].from, buckets.at(-1).to, width < 500 ? 5 : 10).map((tick) =>
    text(x(tick), HEIGHT - 6, tick, {class: 'middle'})),
  median !== null && [
    line(x(median), ROOM.top, x(median), HEIGHT - ROOM.bottom, 'now'),
    text(x(median) + 5, ROOM.top + 6, 'median', {class: 'strong'}),
  ]);
  const rows = buckets.filter((bucket) => bucket.count).map((bucket) => [`${bucket.from} to below ${bucket.to}`, count(bucket.count)]);
  return el('section', {}, el('h2', {}, `How ${title} is spread`), chart,
    el('details', {}, el('summary', {}, 'As a table'), table(`How ${title} is spread`, [['Shown', ''], ['Contacts', 'number']], rows)));
}

// From everybody down to those in the highest stage.
function funnel(title, score, distribution) {
  const counts = new Map(distribution.stages.map((each) => [each.stage, each.count]));
  const names = score.stages.filter((name) => counts.has(name) || score.bounds.length);
  if (!names.length) return null;
  const isRising = score.bounds.length > 0;
  const rows = names.map((name, index) => {
    const inIt = counts.get(name) ?? 0;
    const reached = isRising ? names.slice(index).reduce((sum, each) => sum + (counts.get(each) ?? 0), 0) : inIt;
    return [stage(name, score.stages), count(inIt), share((100 * reached) / distribution.count),
      el('a', {href: `/contacts?${new URLSearchParams({score: score.name, value: distribution.value, stage: name})}`}, 'Show', el('span', {class: 'unseen'}, ` ${name}`))];
  });
  const columns = [['Stage', ''], ['Contacts', 'number'], [isRising ? 'In it or above' : 'Of all', 'number relative funnel'], [el('span', {class: 'unseen'}, 'List'), '']];
  return el('section', {}, el('h2', {}, isRising ? `Funnel of ${title} by stage` : `${title} by label`), table(`Contacts by stage of ${title}`, columns, rows));
}
