// Segments: filters under a name, chosen, kept and dropped.

import {described} from '../../conditions/filter_words.js';
import {address, go} from '../../parts/address.js';
import {ask} from '../../parts/api.js';
import {el, tell} from '../../parts/element.js';
import {choice, field, nameInput} from '../../parts/fields.js';
import {count} from '../../parts/format.js';
import {filterOf, wantsAll} from './filters.js';

export function segmentBar({segments, query, score, person}) {
  const name = query.get('segment') ?? '';
  const present = segments.find((each) => each.name === name);
  const mayWrite = person.scopes.includes('write');
  const options = [['', 'All contacts'], ...segments.map((each) => [each.name, `${each.name} (${each.count === null ? 'counting' : count(each.count)})`])];
  const change = (event) => open(event.target.value, query);
  return el('div', {class: 'segments'},
    segments.length > 0 && field('Segment', choice('segment', options, name, change)),
    present && el('p', {class: 'described'}, described(present.filter), present.from === 'model' && ' (of the model)'),
    present?.from === 'api' && mayWrite && el('a', {href: address({path: '/segments', query: {name}})}, 'Change this segment'),
    present?.from === 'api' && mayWrite && el('button', {onclick: () => drop(name)}, 'Drop this segment'),
    !name && mayWrite && !wantsAll(query) && keepForm(query, score));
}

function open(segment, query) {
  go(address({path: '/contacts', query: {score: query.get('score'), value: query.get('value'), columns: query.getAll('columns'), segment}}));
}

async function drop(name) {
  await ask(pathOf(name), {method: 'DELETE'});
  go('/contacts');
  tell(`Segment ${name} was dropped; its contacts are as they were.`);
}

function keepForm(query, score) {
  const name = nameInput('segment-name');
  const refused = el('p', {class: 'refused', role: 'alert'});
  const send = async (event) => {
    event.preventDefault();
    try {
      await ask(pathOf(name.value), {method: 'PUT', body: filterOf(query, score)});
    } catch (problem) {
      refused.textContent = problem.message;
      return;
    }
    open(name.value, query);
    tell(`Segment ${name.value} is saved.`);
  };
  return el('form', {class: 'row', onsubmit: send},
    el('label', {for: 'segment-name'}, 'Save this filter as a segment'), name, el('button', {}, 'Save segment'), refused);
}

function pathOf(name) {
  return `/api/segments/${encodeURIComponent(name)}`;
}
