// Saved views: lists with their filter, order and columns under a name.

import {address, go} from '../../parts/address.js';
import {ask} from '../../parts/api.js';
import {el, tell} from '../../parts/element.js';
import {choice, field, nameInput} from '../../parts/fields.js';
import {filledIn} from '../../parts/query.js';

const MANY = ['stage', 'attribute', 'attribute_contains', 'attribute_starts_with', 'columns'];
const NUMBERS = ['at_least', 'at_most'];
const WORDS = ['score', 'value', 'order', 'segment'];
const INSTEAD_OF_SEGMENT = ['stage', 'attribute', 'attribute_contains', 'attribute_starts_with', ...NUMBERS];

// What the address asks for, as the API keeps it; a segment's list has no filter beside.
export function viewOf(query) {
  const view = {};
  for (const name of MANY) if (query.getAll(name).some(Boolean)) view[name] = query.getAll(name).filter(Boolean);
  for (const name of NUMBERS) if (query.get(name)) view[name] = Number(query.get(name));
  for (const name of WORDS) if (query.get(name)) view[name] = query.get(name);
  if (view.segment) for (const name of INSTEAD_OF_SEGMENT) delete view[name];
  return view;
}

export function viewBar({views, query, person}) {
  const name = query.get('view') ?? '';
  const present = views.find((each) => each.name === name);
  const mayWrite = person.scopes.includes('write');
  const hasChanged = present && spelled(present.view) !== spelled(viewOf(query));
  const show = ({target}) => open(views.find((each) => each.name === target.value));
  return el('div', {class: 'row'},
    views.length > 0 && field('View', choice('view', [['', 'None'], ...views.map((each) => each.name)], present ? name : '', show)),
    hasChanged && el('span', {class: 'quiet'}, 'changed'),
    hasChanged && mayWrite && el('button', {onclick: () => save(name, query)}, 'Save changes'),
    present && mayWrite && el('button', {onclick: () => drop(name)}, 'Drop this view'),
    mayWrite && saveAs(query));
}

function open(view) {
  go(address({path: '/contacts', query: view ? {...view.view, view: view.name} : {}}));
}

async function save(name, query) {
  await ask(pathOf(name), {method: 'PUT', body: viewOf(query)});
  const saved = new URLSearchParams(query);
  saved.set('view', name);
  saved.delete('cursor');
  go(address({path: '/contacts', query: saved}));
  tell(`View ${name} is saved.`);
}

async function drop(name) {
  await ask(pathOf(name), {method: 'DELETE'});
  const query = new URLSearchParams(location.search);
  query.delete('view');
  go(address({path: '/contacts', query}));
  tell(`View ${name} was dropped.`);
}

function saveAs(query) {
  const name = nameInput('view-name');
  const refused = el('p', {class: 'refused', role: 'alert'});
  const send = async (event) => {
    event.preventDefault();
    try {
      await save(name.value, query);
    } catch (problem) {
      refused.textContent = problem.message;
    }
  };
  const dialog = el('dialog', {'aria-labelledby': 'save-view-title'},
    el('form', {onsubmit: send},
      el('h2', {id: 'save-view-title'}, 'Save as a view'),
      el('p', {class: 'quiet'}, 'The filter, the order and the columns, for everybody who signs in here.'),
      field('Name of the view', name), refused,
      el('div', {class: 'row'}, el('button', {class: 'main'}, 'Save'),
        el('button', {type: 'button', onclick: () => dialog.close()}, 'Cancel'))));
  return [el('button', {id: 'save-view', onclick: () => dialog.showModal()}, 'Save view'), dialog];
}

function pathOf(name) {
  return `/api/views/${encodeURIComponent(name)}`;
}

function spelled(view) {
  const query = filledIn(view);
  query.sort();
  return query.toString();
}
