// What would become of a file: counts that add up to its rows, a few rows as they would become, and what is refused.

import {el, table} from '../../parts/element.js';
import {count, exactly, value} from '../../parts/format.js';
import {rowFacts} from './row_facts.js';

const HASHED = 'email:'; // a hash of an address, which nobody knows anybody by

export function outcome({problem, counts, samples, first_refused: refused}) {
  if (problem) return [el('p', {class: 'refused lines'}, problem)];
  return [
    rowFacts(counts.is_whole ? 'Rows' : 'Rows looked at', counts.rows, counts),
    !counts.is_whole && el('p', {class: 'quiet'}, `These are the first ${count(counts.rows)} rows; the import reads all of them.`),
    el('p', {}, sentences(counts).join('; ') || 'Nothing would be sent', '.'),
    samples.length > 0 && table('A few rows as they would become', [['Line', 'number'], ['Contact', ''], ['What becomes of it', '']],
      samples.map((sample) => [count(sample.line), who(sample), became(sample)])),
    refused.length > 0 && el('details', {}, el('summary', {}, `Why ${count(counts.refused)} would be refused`),
      el('p', {}, Object.entries(counts.refused_by_reason).map(([reason, number]) => `${count(number)} ${reason}`).join(', ')),
      table('The first rows that would be refused', [['Line', 'number'], ['What is wrong', '']],
        refused.map(({line, detail}) => [count(line), detail]))),
  ].filter(Boolean);
}

// "45 contacts updated", "12 opted out", "200 email_open".
function sentences({events, updates, opted_out: optedOut}) {
  const {attributes = 0, suppressed = 0, ...more} = updates;
  return [
    attributes > 0 && `attributes of ${count(attributes)} rows written`,
    optedOut > 0 && `${count(optedOut)} opted out`,
    suppressed > optedOut && `${count(suppressed - optedOut)} opted in again`,
    ...Object.entries({...events, ...more}).map(([type, number]) => `${count(number)} × ${type}`),
  ].filter(Boolean);
}

function who({contact_id: id, records}) {
  const attributes = Object.assign({}, ...records.map((each) => each.attributes ?? {}));
  const name = attributes.full_name ?? ([attributes.first_name, attributes.last_name].filter(Boolean).join(' ') || attributes.email);
  if (!id) return '';
  return name ? [el('bdi', {}, value(name)), !id.startsWith(HASHED) && [el('br'), el('code', {class: 'quiet id'}, short(id))]] : el('code', {}, short(id));
}

function short(id) {
  return id.length > 32 ? `${id.slice(0, 31)}…` : id;
}

function became({records, more_records: more, refused}) {
  return [
    ...together(records).map(([each, times]) => el('div', {}, words(each, times))),
    more > 0 && el('div', {class: 'quiet'}, `and ${count(more)} more`),
    ...refused.map(({detail}) => el('div', {class: 'refused'}, 'Refused: ', detail)),
    records.length === 0 && refused.length === 0 && el('span', {class: 'quiet'}, 'passed over'),
  ];
}

// Events that are equal but for their ids, once, with how many there are.
function together(records) {
  const times = new Map();
  for (const record of records) {
    const key = JSON.stringify({...record, id: null});
    times.set(key, [record, (times.get(key)?.[1] ?? 0) + 1]);
  }
  return [...times.values()];
}

function words({update, type, attributes, suppressed, occurred_at: at, properties}, times) {
  if (update === 'attributes') return pairs(attributes);
  if (update === 'suppressed') return suppressed ? 'opted out' : 'opted in again';
  if (update) return update;
  return [el('strong', {}, type), times > 1 && ` × ${times}`, at ? [' ', instant(at)] : null, Object.keys(properties ?? {}).length > 0 && [': ', pairs(properties)]];
}

function pairs(values) {
  const entries = Object.entries(values ?? {});
  if (entries.length === 0) return el('span', {class: 'quiet'}, 'nothing but who it is');
  return entries.map(([name, each], at) => [at > 0 && ', ', el('span', {class: 'quiet'}, `${name.replaceAll('_', ' ')} `), el('bdi', {}, value(each))]);
}

function instant(at) {
  const iso = typeof at === 'number' ? new Date(at).toISOString() : at;
  return Number.isNaN(Date.parse(iso)) ? String(at) : exactly(iso);
}
