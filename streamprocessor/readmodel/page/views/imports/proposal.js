// What would become of a file: its columns and what they mean, corrected in place, with what follows from it beside.

import {address, go} from '../../parts/address.js';
import {ask} from '../../parts/api.js';
import {el, tell} from '../../parts/element.js';
import {choice, field} from '../../parts/fields.js';
import {columnList} from './columns.js';
import {mappingText} from './mapping_text.js';
import {outcome} from './outcome.js';
import {saveAs} from './saving.js';

const GUESSED = ' guessed';
let remembered = null;

// What was told of a file when it was given, so that it is not asked for again.
export function remember(told) {
  remembered = told;
}

export async function proposal(id, {signal}) {
  const known = remembered?.file.id === id ? remembered : null;
  remembered = null;
  const [first, {mappings}] = await Promise.all([known ?? ask(`/api/import-files/${id}`, {signal}), ask('/api/import-mappings', {signal})]);
  let [told, latest, asked] = [first, 0, null];
  const {file} = first;
  const title = el('p', {class: 'lead'});
  const columns = el('div', {});
  const result = el('div', {'aria-live': 'off'});
  const refused = el('p', {class: 'refused lines', role: 'alert'});
  const button = el('button', {class: 'main', onclick: begin}, 'Import');
  const text = mappingText((mappingText) => propose({mapping_text: mappingText}));
  const named = el('div', {});

  // Only the answer to the latest question counts. body: of POST .../proposal; columns stay as they are, and with them
  // focus, where it was the columns that changed.
  function propose(body, options) {
    asked = answered(body, options);
    return asked;
  }

  async function answered(body, {keepsColumns = false} = {}) {
    const mine = ++latest;
    result.setAttribute('aria-busy', 'true');
    try {
      const answer = await ask(`/api/import-files/${id}/proposal`, {method: 'POST', body, signal});
      if (mine === latest) draw(answer, keepsColumns);
    } catch (problem) {
      if (problem.name === 'AbortError') return;
      if (problem.status === 401) throw problem;
      refused.textContent = problem.message;
    } finally {
      if (mine === latest) result.removeAttribute('aria-busy');
    }
  }

  function draw(answer, keepsColumns = false) {
    told = answer;
    refused.textContent = '';
    title.replaceChildren(...titleOf(told));
    if (!keepsColumns && told.columns.length > 0) {
      columns.replaceChildren(columnList(told, (mapping) => propose({mapping}, {keepsColumns: true})));
    }
    text.show(told);
    named.replaceChildren(...mappingChoice(told, mappings, propose));
    result.replaceChildren(...outcome(told));
    button.disabled = told.problem !== null || told.counts.accepted === 0;
  }

  async function begin() {
    await asked; // what was typed last
    if (button.disabled) return;
    button.disabled = true;
    try {
      const job = await ask('/api/imports', {method: 'POST', body: {file: id}});
      go(address({path: '/imports', query: {id: job.id}}));
    } catch (problem) {
      if (problem.status === 401) throw problem;
      refused.textContent = problem.message;
      button.disabled = false;
    }
  }

  async function discard() {
    await ask(`/api/import-files/${id}`, {method: 'DELETE'});
    go('/imports');
    tell(`${file.name} is deleted.`);
  }

  draw(first);
  const hasColumns = first.columns.length > 0;
  return [
    el('h1', {}, 'Import ', el('bdi', {}, file.name)), title,
    hasColumns && el('section', {}, el('div', {class: 'row title'}, el('h2', {}, 'What its columns mean'), named), columns, text.node),
    el('section', {}, el('h2', {}, 'What would become of it'), result),
    refused,
    el('div', {class: 'row importing'}, button,
      hasColumns && saveAs(() => told),
      el('button', {onclick: discard}, 'Delete this file'),
      el('a', {href: '/imports'}, 'Another file')),
    el('p', {class: 'quiet hint'}, 'Nobody is announced as a hot lead by what a list knows of them, or by what they did long ago. Importing a file again counts nothing twice.'),
  ];
}

function titleOf({recognised, columns, read_as: readAs}) {
  const looks = recognised ? ['This looks like ', el('strong', {}, recognised.title), '. '] : columns.length > 0 ? ['Its columns are as they look: correct what is wrong. '] : [];
  return [...looks, readAs && el('span', {class: 'quiet hint'}, `Read as ${readAs}.`)].filter(Boolean);
}

// Another mapping for the whole file.
function mappingChoice({recognised, columns}, mappings, propose) {
  if (columns.length === 0) return [];
  const options = [[GUESSED, 'As it looks'], ...mappings.map(({name, title}) => [name, title])];
  const change = ({target}) => propose(target.value === GUESSED ? {} : {name: target.value});
  return [field('Read as', choice('mapping', options, recognised?.name ?? GUESSED, change))];
}
