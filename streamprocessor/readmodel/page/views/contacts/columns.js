// The columns of the list of contacts: which are shown, their headings and their cells.

import {goWith} from '../../parts/address.js';
import {el} from '../../parts/element.js';
import {opener} from '../../parts/floating.js';
import {ago, change, digits, NOTHING, relative, stage, value} from '../../parts/format.js';

const RELATIVE = 'The highest score of all is 100 %, the median 50 %: half of the contacts have less, half have more. '
  + 'It tells where a contact stands among the others, not how many points it has. Who has no points is not compared.';

// The words of the columns that the address names, else of those that say the most of the score.
export function chosenColumns(query, {score, available}) {
  const chosen = query.getAll('columns').filter(Boolean);
  return chosen.length ? chosen : usualColumns(query, {score, available});
}

function usualColumns(query, {score, available}) {
  const of = score.by === null ? score.name : `${score.name}:${query.get('value')}`;
  const hasOwners = available.some(({column}) => column === 'attribute:owner');
  if (isLabel(score)) return [`stage:${of}`, hasOwners && 'owner', 'changed', 'last_seen'].filter(Boolean);
  const hasStages = score.stages.length > 0;
  return [`score:${of}`, hasStages && `stage:${of}`, `change:${of}`, hasOwners && 'owner', 'relative', 'last_seen'].filter(Boolean);
}

// Whether a score has a stage alone and no number.
function isLabel({stages, bounds}) {
  return stages.length > 0 && !bounds.length;
}

// [title, class, attributes] as table() takes it; a score's sorts by it.
export function heading(word, context) {
  const {name, kind, of, score} = read(word, context);
  const title = context.available.find(({column}) => column === word)?.title ?? name;
  if (kind === 'relative') {
    const means = opener('relative-means', {words: '?', class: 'note', 'aria-label': 'What relative means'}, el('p', {}, RELATIVE));
    return [[title, ' ', means], 'number relative'];
  }
  const isSorted = of !== undefined && of === placeOf(context);
  if (kind === 'change') return [el('span', {title: `How many points ${of} has now more or less than seven days ago`}, isSorted ? '7 days' : title), 'number'];
  const sorts = score && (kind === 'score' || isLabel(score));
  if (kind === 'stage' && isSorted && !sorts) return ['Stage', ''];
  if (!sorts) return [title, ''];
  const {query} = context;
  const isRising = isSorted && query.get('order') === 'asc';
  const sort = () => goWith({...sortOf(of, score), order: isSorted && !isRising ? 'asc' : ''});
  return [
    el('button', {class: 'sort', onclick: sort}, title, isSorted ? (isRising ? ' ▲' : ' ▼') : ''), kind === 'score' ? 'number' : '',
    isSorted ? {'aria-sort': isRising ? 'ascending' : 'descending'} : {},
  ];
}

export function cell(word, contact, context) {
  const {kind, name, score, valueName} = read(word, context);
  const inner = (of) => (valueName ? of?.values?.[valueName] : of);
  switch (kind) {
    case 'score': return digits(inner(contact.scores[score?.name])?.score);
    case 'stage': return stage(contact.scores[name]?.stage, score?.stages);
    case 'change': return change(inner(contact.week_ago[score?.name])?.change);
    case 'relative': return relative(contact.relative, contact.score);
    case 'owner': return shown(contact.attributes.owner);
    case 'attribute': return shown(contact.attributes[name]);
    case 'suppressed': return contact.suppressed ? el('span', {class: 'flag'}, 'suppressed') : NOTHING;
    default: return ago(contact[{last_seen: 'last_seen_at', changed: 'changed_at', hot_since: 'hot_since', updated: 'updated_at'}[kind]]);
  }
}

function shown(content) {
  return content === undefined || content === null ? NOTHING : value(content);
}

// A word taken apart: its kind, and of a score's which, and which value of a `by` score.
function read(word, {scores}) {
  const colon = word.indexOf(':');
  const kind = colon < 0 ? word : word.slice(0, colon);
  const name = colon < 0 ? word : word.slice(colon + 1);
  if (!['score', 'stage', 'change'].includes(kind)) return {kind, name};
  const score = scores.find((each) => each.name === name || (each.by !== null && name.startsWith(`${each.name}:`)));
  return {kind, name, of: name, score, valueName: score && score.by !== null ? name.slice(score.name.length + 1) : ''};
}

// What the list is sorted by, as a column spells it.
function placeOf({score, query}) {
  return score.by === null ? score.name : `${score.name}:${query.get('value')}`;
}

function sortOf(of, score) {
  return {score: score.name, value: score.by === null ? '' : of.slice(score.name.length + 1)};
}
