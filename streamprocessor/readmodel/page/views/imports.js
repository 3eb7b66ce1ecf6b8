// Imports: a file's events and updates sent to Kafka, with their progress.

import {address, go} from '../parts/address.js';
import {ask} from '../parts/api.js';
import {el, empty, table, tell} from '../parts/element.js';
import {choice, field} from '../parts/fields.js';
import {ago, count, NOTHING} from '../parts/format.js';
import {again, drawn} from '../parts/waiting.js';

const KINDS = [['jsonl', 'JSON Lines'], ['csv', 'CSV'], ['access-log', 'Apache’s combined log']];
const SUFFIXES = {csv: 'csv', tsv: 'csv', jsonl: 'jsonl', ndjson: 'jsonl', log: 'access-log'};
const OWN = ' own';

export async function show({query, person, signal}) {
  const state = el('div', {});
  let wasUnderWay = null;
  const draw = drawn(state, ({imports}) => {
    const job = imports.find((each) => each.id === query.get('id')) ?? imports[0];
    if (job?.id === wasUnderWay && job.ended_at !== null) tell(`The import is over: ${STATES[job.state]}.`);
    wasUnderWay = job?.ended_at === null ? job.id : null;
    return job ? latest(imports, job) : nothing();
  });
  const first = await ask('/api/imports', {signal});
  draw(first);
  again(signal, async () => draw(await ask('/api/imports', {signal})));
  return [
    el('h1', {}, 'Import'),
    person.scopes.includes('write')
      ? importForm(first)
      : el('p', {class: 'quiet'}, 'To import a file, sign in with a token that may write.'),
    state,
  ];
}

function importForm({mappings, max_bytes: mostBytes}) {
  const refused = el('p', {class: 'refused lines', role: 'alert'});
  const file = el('input', {id: 'file', type: 'file', required: true, accept: '.csv,.tsv,.jsonl,.ndjson,.log,.txt,.gz', onchange: guess});
  const kind = choice('kind', KINDS, 'jsonl', choose);
  const mapping = choice('mapping', [...mappings, [OWN, 'My own, below']], mappings[0] ?? OWN, choose);
  const own = el('textarea', {id: 'own', rows: 8, spellcheck: 'false', placeholder: 'contact: email\noccurred_at: {column: when}\ntype: download\nproperties: {file: name}'});
  const [mappingField, ownField] = [field('What its columns mean', mapping), field('What its columns mean, in YAML', own)];
  const button = el('button', {class: 'main'}, 'Import');
  const form = el('form', {class: 'written', onsubmit: begin},
    field(`File, at most ${size(mostBytes)}`, file), field('It is', kind), mappingField, ownField, refused,
    el('div', {class: 'row'}, button, el('span', {class: 'quiet'}, 'Importing a file again changes nothing.')));
  choose();

  function guess() {
    const suffix = file.files[0]?.name.toLowerCase().replace(/\.gz$/, '').split('.').pop();
    kind.value = SUFFIXES[suffix] ?? kind.value;
    choose();
  }

  function choose() {
    mappingField.hidden = kind.value !== 'csv';
    ownField.hidden = mappingField.hidden || mapping.value !== OWN;
    own.required = !ownField.hidden;
  }

  async function begin(event) {
    event.preventDefault();
    refused.textContent = '';
    if (file.files[0].size > mostBytes) {
      refused.textContent = `The file is too large: wanted at most ${size(mostBytes)}.`;
      return;
    }
    const query = {format: kind.value};
    if (!mappingField.hidden) query[ownField.hidden ? 'mapping' : 'mapping_text'] = ownField.hidden ? mapping.value : own.value;
    button.disabled = true;
    tell('The file is on its way.');
    try {
      const job = await ask('/api/imports', {method: 'POST', query, body: file.files[0]});
      go(address({path: '/imports', query: {id: job.id}}));
    } catch (problem) {
      if (problem.status === 401) throw problem;
      tell('');
      refused.textContent = problem.message;
    } finally {
      button.disabled = false;
    }
  }

  return form;
}

function nothing() {
  return empty('Nothing was imported yet.',
    el('p', {}, 'Choose a file of what contacts did: an event a line in JSON, a CSV with a mapping of its columns, or a web server’s log. The same by hand:'),
    el('pre', {tabindex: '0'}, el('code', {}, 'streamprocessor import events.jsonl')));
}

function latest(imports, job) {
  return [
    details(job),
    imports.length > 1 && el('section', {}, el('h2', {}, 'Latest imports'),
      table('Latest imports', [['Began', ''], ['Kind', ''], ['State', ''], ['Sent', 'number'], ['Refused', 'number']], imports.map((each) => [
        el('a', {href: address({path: '/imports', query: {id: each.id}}), 'aria-current': each === job ? 'true' : null}, ago(each.began_at)),
        [each.format ?? NOTHING, each.mapping && ` (${each.mapping})`], stateOf(each), count(total(each.sent)), count(total(each.refused)),
      ]))),
  ];
}

function details(job) {
  const isUnderWay = job.ended_at === null;
  const part = job.state === 'done' ? 1 : job.bytes && job.bytes_read / job.bytes;
  const sent = Object.entries(job.sent).map(([topic, number]) => `${count(number)} to ${topic}`);
  const reasons = Object.entries(job.refused).map(([reason, number]) => `${count(number)} ${reason}`);
  return el('section', {},
    el('h2', {}, isUnderWay ? 'Import under way' : 'Latest result'),
    el('p', {class: 'row'}, stateOf(job),
      el('progress', {max: 100, value: Math.floor(part * 100), 'aria-label': 'How much is read'}), `${Math.floor(part * 100)} %`),
    el('dl', {},
      el('dt', {}, 'Lines read'), el('dd', {}, count(job.lines_read)),
      el('dt', {}, 'Sent'), el('dd', {}, sent.join(', ') || '0'),
      el('dt', {}, 'Refused'), el('dd', {}, reasons.join(', ') || '0'),
      el('dt', {}, 'Skipped by the mapping'), el('dd', {}, count(job.skipped)),
      job.read_as && [el('dt', {}, 'Read as'), el('dd', {}, job.read_as)]),
    job.error && el('p', {class: 'refused lines'}, job.error),
    job.state === 'interrupted' && el('p', {}, 'The api was started anew meanwhile. Import the file again: what was sent already counts once.'),
    job.first_refused.length > 0 && table('The first lines that could not be used', [['Line', 'number'], ['Reason', ''], ['What is wrong', '']],
      job.first_refused.map(({line, reason, detail}) => [count(line), el('code', {}, reason), detail])));
}

const STATES = {receiving: 'Coming in', running: 'Running', done: 'Done', failed: 'Failed', interrupted: 'Interrupted'};

function stateOf({state}) {
  return el('span', {class: 'state', 'data-state': state}, STATES[state]);
}

function total(counts) {
  return Object.values(counts).reduce((sum, each) => sum + each, 0);
}

function size(bytes) {
  return bytes < 2 ** 20 ? `${count(Math.floor(bytes / 2 ** 10))} KiB` : `${count(Math.floor(bytes / 2 ** 20))} MiB`;
}
