// Which contacts are wanted: fields that write themselves into the address, and the same as the API's filter.

import {address, goWith} from '../../parts/address.js';
import {el} from '../../parts/element.js';
import {choice, field} from '../../parts/fields.js';

export const NARROWING = ['stage', 'at_least', 'at_most', 'attribute', 'attribute_contains', 'attribute_starts_with'];
// Parameters for attributes: the words of people, and the condition of a kept filter.
const COMPARISONS = [
  ['attribute_contains', 'contains', 'contains'], ['attribute', 'is', 'equals'], ['attribute_starts_with', 'starts with', 'starts_with'],
];

// Whether the address narrows nothing.
export function wantsAll(query) {
  return !NARROWING.some((name) => query.get(name));
}

// The address's filter as a segment keeps it.
export function filterOf(query, score) {
  const condition = {score: score.name};
  if (query.get('value')) condition.value = query.get('value');
  if (query.get('stage')) condition.stages = query.getAll('stage');
  for (const name of ['at_least', 'at_most']) if (query.get(name)) condition[name] = Number(query.get(name));
  const attributes = COMPARISONS.flatMap(([parameter, , condition]) => query.getAll(parameter).filter(Boolean).map((text) => {
    const [attribute, operand] = split(text);
    return {attribute, [condition]: operand};
  }));
  return {scores: [condition], attributes};
}

// attributes: columns that there are, of which those of attributes are offered.
export function filterForm({scores, score, values, query, attributes = []}) {
  const chosen = new Set(query.getAll('stage'));
  const comparison = COMPARISONS.find(([parameter]) => query.get(parameter))?.[0] ?? COMPARISONS[0][0];
  const [name, text] = split(query.get(comparison) ?? '');
  const form = el('form', {class: 'filters', onsubmit: apply},
    field('Score', choice('score', scores.map((each) => each.name), score.name,
      (event) => goWith({score: event.target.value, value: '', stage: '', at_least: '', at_most: ''}))),
    score.by !== null && field(score.by, choice('value', values.map((each) => each.value), query.get('value'),
      (event) => goWith({value: event.target.value}))),
    query.has('segment') ? null : [
      score.stages.length > 0 && el('fieldset', {}, el('legend', {}, 'Stage'), score.stages.map((stage, index) => [
        el('input', {type: 'checkbox', name: 'stage', id: `stage-${index}`, value: stage, checked: chosen.has(stage)}),
        el('label', {for: `stage-${index}`}, stage),
      ])),
      score.bounds.length > 0 && el('fieldset', {}, el('legend', {}, 'Shown score'),
        range('at_least', 'from', query), range('at_most', 'to', query)),
      el('fieldset', {}, el('legend', {}, 'Attribute'),
        el('label', {for: 'attribute-name', class: 'unseen'}, 'Attribute'),
        el('input', {id: 'attribute-name', placeholder: 'company', value: name, autocomplete: 'off', list: 'attribute-names'}),
        el('datalist', {id: 'attribute-names'}, attributes.filter(({column}) => column.startsWith('attribute:'))
          .map(({title}) => el('option', {value: title}))),
        el('label', {for: 'attribute-how', class: 'unseen'}, 'How it is compared'),
        choice('attribute-how', COMPARISONS.map(([parameter, words]) => [parameter, words]), comparison),
        el('label', {for: 'attribute-text', class: 'unseen'}, 'Text, upper and lower case are one'),
        el('input', {id: 'attribute-text', placeholder: 'acme', value: text, autocomplete: 'off'})),
      el('button', {id: 'apply', class: 'main'}, 'Filter'),
      !wantsAll(query) && el('a', {href: cleared(query)}, 'Clear'),
    ]);

  function apply(event) {
    event.preventDefault();
    const attribute = form.querySelector('#attribute-name').value.trim();
    goWith({
      stage: [...form.querySelectorAll('[name=stage]:checked')].map((each) => each.value),
      at_least: form.querySelector('#at_least')?.value,
      at_most: form.querySelector('#at_most')?.value,
      ...Object.fromEntries(COMPARISONS.map(([parameter]) => [parameter, ''])),
      [form.querySelector('#attribute-how').value]: attribute && `${attribute}:${form.querySelector('#attribute-text').value}`,
    });
  }

  return form;
}

function cleared(query) {
  const rest = new URLSearchParams(query);
  for (const name of [...NARROWING, 'cursor']) rest.delete(name);
  return address({path: '/contacts', query: rest});
}

function range(name, word, query) {
  return [
    el('label', {for: name}, word),
    el('input', {id: name, type: 'number', step: 'any', value: query.get(name) ?? '', class: 'short'}),
  ];
}

function split(text) {
  const colon = text.indexOf(':');
  return colon < 0 ? ['', ''] : [text.slice(0, colon), text.slice(colon + 1)];
}
