// What a mapping makes of each column, as choices for people: read from its words, and written into them.

import {isEvents} from './row_kinds.js';

const PEOPLE = [
  ['email', 'Mail address'], ['full_name', 'Whole name'], ['first_name', 'First name'], ['last_name', 'Last name'],
  ['company', 'Company'], ['job_title', 'Job title'], ['phone', 'Phone'], ['country', 'Country'],
];
const WHO = [['address', 'Who it is: a mail address'], ['contact', 'Who it is: an id']];

// Choices of a list: [heading, [[value, title], ...]]; those of events where each row is one.
export function choices(words) {
  const of = isEvents(words)
    ? ['What happened', [['occurred_at', 'When it happened'], ['type', 'Type of event'], ['property', 'Detail of it …'], ['id', 'Number of the event']]]
    : ['About the contact', [...PEOPLE.map(([name, title]) => [`attribute:${name}`, title]), ['attribute', 'Something else about it …'],
      ['suppressed', 'Opted out of mails'], ['when', 'When it did …'], ['count', 'How often it did …']]];
  return [['', [['', 'Leave out']]], ['Who', WHO], of];
}

// The meanings of a column, first the one that is shown: [{kind, name, path}]; kind 'other' is for the text alone.
export function meaningsOf(words, column) {
  return [...entries(words)].filter((each) => each.column === column);
}

// The value by which a list of choices shows a meaning.
export function valueOf(meaning) {
  if (!meaning) return '';
  const isUsual = meaning.kind === 'attribute' && PEOPLE.some(([name]) => name === meaning.name);
  return isUsual ? `attribute:${meaning.name}` : meaning.kind;
}

// New words in which the column means that; whatever it meant before, it does no more. value: of a choice.
export function withMeaning(words, column, value, name) {
  const changed = structuredClone(words);
  for (const {path} of meaningsOf(words, column).reverse()) drop(changed, path);
  const [kind, usual] = value.split(':');
  const called = usual ?? name;
  const put = (group, content) => { changed[group] = {...changed[group], [free(changed[group], called, column)]: content}; };
  if (kind === 'address') changed.contact = {address: column};
  if (kind === 'address' && !isEvents(words)) changed.attributes = {email: column, ...changed.attributes};
  if (kind === 'contact') changed.contact = column;
  if (kind === 'attribute') put('attributes', column);
  if (kind === 'property') put('properties', column);
  if (['occurred_at', 'type', 'id', 'suppressed'].includes(kind)) changed[kind] = kind === 'type' ? {column} : column;
  if (kind === 'when' || kind === 'count') changed.events = [...(changed.events ?? []), eventOf(kind, called || plain(column), column)];
  return changed;
}

// The same with another name of what the column means.
export function renamed(words, meaning, name) {
  const changed = structuredClone(words);
  const [group, at] = meaning.path;
  if (group === 'events') changed.events[at].type = name;
  else if (group === 'attributes' || group === 'properties') {
    changed[group] = Object.fromEntries(Object.entries(words[group]).map(([each, content]) => [each === at ? name : each, content]));
  }
  return changed;
}

// The same with the column's cells read as that kind: text, number or boolean.
export function readAs(words, {path: [group, name], column}, kind) {
  const content = kind === 'text' ? column : {column, as: kind};
  return {...words, [group]: {...words[group], [name]: content}};
}

function* entries(words) {
  const {contact, suppressed, occurred_at: when, type, id, attributes = {}, properties = {}, events = []} = words;
  yield* ofContact(contact, ['contact']);
  if (suppressed) yield {kind: 'suppressed', column: columnOf(suppressed), path: ['suppressed']};
  if (when && when !== 'now') yield {kind: isEvents(words) ? 'occurred_at' : 'other', column: columnOf(when), path: ['occurred_at'], title: 'when the row was changed'};
  if (type?.column) yield {kind: 'type', column: type.column, path: ['type']};
  if (id) yield {kind: 'id', column: columnOf(id), path: ['id']};
  for (const [name, each] of Object.entries(attributes)) yield {kind: 'attribute', name, column: columnOf(each), path: ['attributes', name]};
  for (const [name, each] of Object.entries(properties)) yield {kind: 'property', name, column: columnOf(each), path: ['properties', name]};
  for (const [at, event] of events.entries()) yield* ofEvent(event, at);
  for (const [name, each] of Object.entries(words.context ?? {})) yield other(each, ['context', name], name.replaceAll('_', ' '));
  for (const group of ['only', 'skip']) {
    for (const [at, each] of (words[group] ?? []).entries()) yield other(each, [group, at], group === 'only' ? 'which rows are taken' : 'which rows are skipped');
  }
}

// Of whom the first column tells nothing, the next one may.
function* ofContact(contact, path) {
  if (contact === undefined) return;
  const [kind, column] = contact.address === undefined ? ['contact', columnOf(contact)] : ['address', columnOf(contact.address)];
  yield path.length === 1 ? {kind, column, path} : {kind: 'other', column, path, title: 'who it is, else'};
  yield* ofContact(contact.otherwise, [...path, 'otherwise']);
}

function* ofEvent(event, at) {
  const isPlain = typeof event.type === 'string';
  const name = isPlain ? event.type : 'the event';
  if (event.count) yield {kind: isPlain ? 'count' : 'other', name, column: event.count, path: ['events', at], title: `how often: ${name}`};
  if (!isPlain) yield other(event.type, ['events', at], 'type of event');
  if (event.occurred_at && event.occurred_at !== 'now') {
    const path = event.count ? ['events', at, 'occurred_at'] : ['events', at];
    yield {kind: isPlain && !event.count ? 'when' : 'other', name, column: columnOf(event.occurred_at), path, title: `when: ${name}`};
  }
  if (event.id) yield other(event.id, ['events', at, 'id'], `number of ${name}`);
  for (const group of ['properties', 'context']) {
    for (const [each, content] of Object.entries(event[group] ?? {})) yield other(content, ['events', at, group, each], `${each.replaceAll('_', ' ')} of ${name}`);
  }
}

function other(content, path, title) {
  return {kind: 'other', column: columnOf(content), path, title};
}

function eventOf(kind, type, column) {
  return kind === 'count' ? {type, occurred_at: 'now', count: column} : {type, occurred_at: column};
}

function columnOf(content) {
  return typeof content === 'string' ? content : content?.column;
}

function drop(words, path) {
  const place = path.slice(0, -1).reduce((inner, step) => inner?.[step], words);
  const last = path.at(-1);
  if (Array.isArray(place)) place.splice(last, 1);
  else if (path[0] === 'events' && last === 'occurred_at') place[last] = 'now';
  else if (place) delete place[last];
  for (const group of ['attributes', 'properties', 'context', 'events', 'only', 'skip']) {
    if (words[group] && Object.keys(words[group]).length === 0) delete words[group];
  }
}

// A name that no other column has: the given one, else one made of the column's.
function free(group = {}, name, column) {
  const wanted = name || plain(column);
  let [found, number] = [wanted, 2];
  while (found in group) found = `${wanted}_${number++}`;
  return found;
}

function plain(column) {
  return column.toLowerCase().normalize('NFKD').replaceAll(/\p{M}/gu, '').replaceAll(/[^\p{L}\p{N}]+/gu, '_').replaceAll(/^_+|_+$/g, '') || 'column';
}
