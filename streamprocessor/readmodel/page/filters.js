// Which contacts are wanted: fields that write themselves into the address, and the same as the API's filter.

import {address, go, goWith} from './address.js';
import {el} from './element.js';

const NARROWING = ['stage', 'at_least', 'at_most', 'attribute'];

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
  const attributes = query.getAll('attribute').filter(Boolean).map((text) => {
    const colon = text.indexOf(':');
    return {attribute: text.slice(0, colon), equals: text.slice(colon + 1)};
  });
  return {scores: [condition], attributes};
}

// A kept filter in words.
export function described({scores = [], attributes = [], suppressed}) {
  const words = scores.map(({score, value, stages = [], at_least: low, at_most: high}) => [
    value ? `${score} of ${value}` : score,
    stages.length ? `is ${stages.join(' or ')}` : '',
    low === undefined ? '' : `from ${low}`,
    high === undefined ? '' : `to ${high}`,
  ].filter(Boolean).join(' '));
  for (const {attribute, ...condition} of attributes) {
    const tests = Object.entries(condition).filter(([, operand]) => operand !== null);
    words.push(`${attribute} ${tests.map(([name, operand]) => `${name.replaceAll('_', ' ')} ${JSON.stringify(operand)}`).join(', ')}`);
  }
  if (suppressed !== undefined && suppressed !== null) words.push(suppressed ? 'suppressed' : 'not suppressed');
  return words.join('; ') || 'everybody';
}

export function filterForm({scores, score, values, query}) {
  const chosen = new Set(query.getAll('stage'));
  const [name, text] = split(query.get('attribute') ?? '');
  const form = el('form', {class: 'filters', onsubmit: apply},
    field('Score', choice('score', scores.map((each) => each.name), score.name,
      (event) => go(address({path: '/contacts', query: {score: event.target.value, segment: query.get('segment')}})))),
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
        el('input', {id: 'attribute-name', placeholder: 'company', value: name, autocomplete: 'off'}),
        el('label', {for: 'attribute-text'}, 'is'),
        el('input', {id: 'attribute-text', placeholder: 'ACME', value: text, autocomplete: 'off'})),
      el('button', {id: 'apply', class: 'main'}, 'Filter'),
      !wantsAll(query) && el('a', {href: address({path: '/contacts', query: {score: query.get('score')}})}, 'Clear'),
    ]);

  function apply(event) {
    event.preventDefault();
    const attribute = form.querySelector('#attribute-name').value.trim();
    goWith({
      stage: [...form.querySelectorAll('[name=stage]:checked')].map((each) => each.value),
      at_least: form.querySelector('#at_least')?.value,
      at_most: form.querySelector('#at_most')?.value,
      attribute: attribute && `${attribute}:${form.querySelector('#attribute-text').value}`,
    });
  }

  return form;
}

export function field(title, input) {
  return el('div', {class: 'field'}, el('label', {for: input.id}, title), input);
}

export function choice(id, names, chosen, onchange) {
  return el('select', {id, onchange}, names.map((each) =>
    Array.isArray(each)
      ? el('option', {value: each[0], selected: each[0] === chosen}, each[1])
      : el('option', {value: each, selected: each === chosen}, each)));
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
