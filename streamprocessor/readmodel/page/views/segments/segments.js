// All segments: those of the model, which are changed with it, and those that are made and changed here.

import {askChoices, missing} from '../../conditions/choices.js';
import {described} from '../../conditions/filter_words.js';
import {address, go} from '../../parts/address.js';
import {ask} from '../../parts/api.js';
import {el, empty, table, tell} from '../../parts/element.js';
import {count, NOTHING} from '../../parts/format.js';
import {segmentForm} from './segment_form.js';

export async function show({query, person, signal}) {
  const mayWrite = person.scopes.includes('write');
  const {segments} = await ask('/api/segments', {signal});
  if (mayWrite && query.has('new')) return form({title: 'New segment', signal});
  const chosen = segments.find(({name, from}) => name === query.get('name') && from === 'api');
  if (mayWrite && chosen) return form({title: chosen.name, name: chosen.name, filter: chosen.filter, signal});
  return [
    el('div', {class: 'title'}, el('h1', {}, 'Segments'), mayWrite && el('a', {href: '/segments?new'}, 'New segment')),
    segments.length ? rows(segments, mayWrite) : nobody(mayWrite),
  ];
}

async function form({title, name, filter, signal}) {
  return [el('h1', {}, title), segmentForm({name, filter, choices: await askChoices(signal), signal})];
}

function rows(segments, mayWrite) {
  const columns = [['Name', 'who'], ['Who', 'who'], ['Contacts', 'number'], ['Kept', 'extra'], ['Change', '']];
  return table('Segments', columns, segments.map((segment) => [
    el('a', {href: address({path: '/contacts', query: {segment: segment.name}})}, segment.name),
    [described(segment.filter), missing(segment.missing)],
    segment.count === null ? NOTHING : count(segment.count),
    segment.from === 'model' ? 'in the model' : 'here',
    mayWrite && segment.from === 'api' ? el('span', {class: 'row'},
      el('a', {href: address({path: '/segments', query: {name: segment.name}}), 'aria-label': `Change ${segment.name}`}, 'Change'),
      el('button', {onclick: () => drop(segment.name), 'aria-label': `Drop ${segment.name}`}, 'Drop')) : '',
  ]));
}

async function drop(name) {
  await ask(`/api/segments/${encodeURIComponent(name)}`, {method: 'DELETE'});
  go('/segments');
  tell(`Segment ${name} was dropped; its contacts are as they were.`);
}

function nobody(mayWrite) {
  return empty('There are no segments yet.',
    el('p', {}, 'A segment is a filter under a name: warm companies, say, or everybody in sales. Lists and exports take it.'),
    mayWrite && el('p', {}, el('a', {href: '/segments?new'}, 'New segment')));
}
