// Imports that go on, with their progress, and what became of those before.

import {address} from '../../parts/address.js';
import {ask} from '../../parts/api.js';
import {el, empty, table, tell} from '../../parts/element.js';
import {ago, count, NOTHING} from '../../parts/format.js';
import {importedContacts} from './imported_contacts.js';
import {rowFacts} from './row_facts.js';

const STATES = {receiving: 'Coming in', running: 'Running', done: 'Done', failed: 'Failed', cancelled: 'Cancelled', interrupted: 'Interrupted'};

// Draws the imports of GET /api/imports: that of the address, else the latest, and a table of all.
export function jobs({query, signal, mayWrite}) {
  let wasUnderWay = null;
  return (imports) => {
    const job = imports.find((each) => each.id === query.get('id')) ?? imports[0];
    if (job?.id === wasUnderWay && job.ended_at !== null) tell(`The import is over: ${STATES[job.state]}.`);
    wasUnderWay = job?.ended_at === null ? job.id : null;
    return job ? latest(imports, job, {signal, mayWrite}) : nothing();
  };
}

function nothing() {
  return empty('Nothing was imported yet.',
    el('p', {}, 'Choose a file above: an export of HubSpot, Mailchimp, Salesforce and others is recognised by its columns. The same by hand:'),
    el('pre', {tabindex: '0'}, el('code', {}, 'streamprocessor import contacts.csv --dry-run')));
}

function latest(imports, job, options) {
  return [
    details(job, options),
    imports.length > 1 && el('section', {}, el('h2', {}, 'Latest imports'),
      table('Latest imports', [['Began', ''], ['Kind', ''], ['State', ''], ['Sent', 'number'], ['Refused', 'number']], imports.map((each) => [
        el('a', {href: address({path: '/imports', query: {id: each.id}}), 'aria-current': each === job ? 'true' : null}, ago(each.began_at)),
        [each.format ?? NOTHING, each.mapping && ` (${each.mapping})`], stateOf(each), count(total(each.sent)), count(total(each.refused)),
      ]))),
  ];
}

function details(job, {signal, mayWrite}) {
  const isUnderWay = job.ended_at === null;
  const part = job.state === 'done' ? 1 : job.bytes && job.bytes_read / job.bytes;
  const sent = Object.entries(job.sent).map(([topic, number]) => `${count(number)} to ${topic}`);
  const reasons = Object.entries(job.refused).map(([reason, number]) => `${count(number)} ${reason}`);
  return el('section', {},
    el('h2', {}, isUnderWay ? 'Import under way' : 'Latest result'),
    el('p', {class: 'row'}, stateOf(job),
      el('progress', {max: 100, value: Math.floor(part * 100), 'aria-label': 'How much is read'}), `${Math.floor(part * 100)} %`,
      isUnderWay && el('span', {class: 'quiet'}, pace(job)),
      job.state === 'running' && mayWrite && cancelButton(job)),
    rowFacts('Rows', job.rows.read, job.rows),
    el('dl', {},
      el('dt', {}, 'Sent'), el('dd', {}, sent.join(', ') || '0'),
      reasons.length > 0 && [el('dt', {}, 'Refused'), el('dd', {}, reasons.join(', '))],
      job.read_as && [el('dt', {}, 'Read as'), el('dd', {}, job.read_as)]),
    job.error && el('p', {class: 'refused lines'}, job.error),
    ['failed', 'cancelled'].includes(job.state) && job.file && mayWrite && el('p', {}, 'The file and what you chose are kept: ',
      el('a', {href: address({path: '/imports', query: {file: job.file}})}, 'correct and import again'), '.'),
    job.state === 'cancelled' && el('p', {}, 'What was sent before stays. Import the file again for the rest: what was sent counts once.'),
    job.state === 'interrupted' && el('p', {}, 'The api was started anew meanwhile. Import the file again: what was sent already counts once.'),
    job.state === 'done' && total(job.sent) > 0 && importedContacts(job.contacts, signal),
    job.first_refused.length > 0 && table('The first lines that could not be used', [['Line', 'number'], ['Reason', ''], ['What is wrong', '']],
      job.first_refused.map(({line, reason, detail}) => [count(line), el('code', {}, reason), detail])));
}

function cancelButton(job) {
  const button = el('button', {onclick: () => cancel()}, 'Cancel the import');
  async function cancel() {
    button.disabled = true;
    try {
      await ask(`/api/imports/${encodeURIComponent(job.id)}`, {method: 'DELETE'});
    } catch (problem) {
      tell(problem.message);
    }
  }
  return button;
}

// "2 400 rows a second, 40 seconds left", as far as it is known.
function pace({rows_per_second: rate, remaining_seconds: left}) {
  return [
    rate > 0 && `${count(Math.round(rate))} rows a second`,
    left > 0 && (left < 90 ? `${count(Math.ceil(left))} seconds left` : `${count(Math.ceil(left / 60))} minutes left`),
  ].filter(Boolean).join(', ');
}

function stateOf({state}) {
  return el('span', {class: 'state', 'data-state': state}, STATES[state]);
}

function total(counts) {
  return Object.values(counts).reduce((sum, each) => sum + each, 0);
}
