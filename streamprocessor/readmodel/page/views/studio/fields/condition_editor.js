// Conditions of a rule: rows that all hold, and alternatives of which one holds.

import {suggestions} from '../../../conditions/choices.js';
import {el} from '../../../parts/element.js';
import {isBeingRedrawn} from '../draft/redrawing.js';
import {conditionWords, kindOf, mappingOf, operandOf, rowsOf, spelledOperand} from './tests.js';

// place: of `where`, `when` or `applies_when`; types: whose seen properties are offered; known: {seen, words}.
export function conditionEditor({id, title, place, types, known}) {
  const {operators} = known.words;
  const rows = rowsOf(place.value);
  const change = (next) => place.change((old) => mappingOf(next(rowsOf(old)), old?.any));
  const alternatives = place.value?.any ?? [];
  return el('fieldset', {class: 'conditions-of'}, el('legend', {}, title),
    rows.map((row, at) => conditionRow({id: `${id}-${at}`, row, types, known,
      onset: (next) => change((all) => all.map((each, index) => (index === at ? next : each))),
      onremove: () => change((all) => all.filter((_, index) => index !== at))})),
    alternatives.map((each, at) => conditionEditor({id: `${id}-any${at}`, types, known, place: alternative(at),
      title: at === 0 ? 'And one of: either' : `or: ${conditionWords(each, operators) || 'nothing yet'}`})),
    adder({id, types, known, onadd: (row) => change((all) => [...all, row]),
      onalternative: (row) => place.change((old) => ({...(old ?? {}), any: [...(old?.any ?? []), mappingOf([row])]}))}));

  function alternative(at) {
    const changeIt = (make) => place.change((old) => {
      const any = (old?.any ?? []).flatMap((each, index) => {
        if (index !== at) return [each];
        const next = make(each);
        return next && Object.keys(next).length ? [next] : [];
      });
      return mappingOf(rowsOf(old), any);
    });
    return {value: alternatives[at], change: changeIt, set: (next) => changeIt(() => next)};
  }
}

function conditionRow({id, row, types, known, onset, onremove}) {
  const {test, operand} = testFields({id, row, types, known, pathNow: () => row.path, onset: (next) => onset({...row, ...next})});
  const words = conditionWords(mappingOf([row]), known.words.operators);
  return el('div', {class: 'condition', role: 'group', 'aria-label': words},
    el('span', {class: 'condition-path'}, row.path), test, operand,
    el('button', {type: 'button', id: `${id}-remove`, 'aria-label': `Remove ${words}`, onclick: onremove}, '×'));
}

// One that is not there yet: it comes once it says something.
function adder({id, types, known, onadd, onalternative}) {
  const path = el('input', {id: `${id}-path`, 'data-kept': '', list: `${id}-paths`, 'aria-label': 'Property', autocomplete: 'off',
    placeholder: types.includes('attributes') ? 'attributes.country' : 'properties.path', onchange: () => fields.refresh()});
  const fields = testFields({id: `${id}-new`, row: {path: '', test: 'equals', operand: ''}, types, known, pathNow: () => path.value.trim()});
  const refused = el('span', {class: 'refused hint', role: 'alert'});
  const enter = (event) => { if (event.key === 'Enter') add(onadd); };
  fields.operand.addEventListener('keydown', enter);
  return el('div', {class: 'condition new', role: 'group', 'aria-label': 'Another condition'},
    path, suggestions(`${id}-paths`, known.seen.paths(types)), fields.test, fields.operand,
    el('button', {type: 'button', id: `${id}-add`, onclick: () => add(onadd)}, 'Add condition'),
    el('button', {type: 'button', id: `${id}-or`, onclick: () => add(onalternative)}, 'Add as alternative'), refused);

  function add(run) {
    refused.textContent = '';
    try {
      if (!/^(properties|context|attributes)\../.test(path.value.trim())) throw new RangeError('Choose a property first');
      const row = {path: path.value.trim(), ...fields.written()};
      path.value = fields.operand.value = '';
      run(row);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      refused.textContent = error.message;
    }
  }
}

// The test and its operand; onset({test, operand}): called when one of them is another. None: written() is asked.
function testFields({id, row, types, known, pathNow, onset}) {
  const {seen, words: {operators}} = known;
  const text = spelledOperand(row.operand);
  const isTruth = row.test === 'exists';
  const chosen = isTruth && row.operand === false ? 'exists:false' : row.test;
  const test = el('select', {id: `${id}-test`, 'data-kept': onset ? null : row.test, 'aria-label': 'Test', onchange: () => { show(); commit(true); }},
    Object.entries(operators).flatMap(([word, {title}]) => (word === 'exists' ? [[word, title], [`${word}:false`, title.replace('is ', 'is not ')]] : [[word, title]]))
      .map(([value, title]) => el('option', {value, selected: value === chosen}, title)));
  const input = el('input', {id: `${id}-value`, list: `${id}-values`, 'aria-label': 'Value', autocomplete: 'off', value: isTruth ? '' : text,
    'data-drawn': onset ? (isTruth ? '' : text) : null, 'data-kept': onset ? null : '', onblur: () => commit(false), onkeydown: ({key}) => { if (key === 'Enter') commit(false); }});
  const list = el('span', {class: 'unseen-list'});
  const operand = el('span', {class: 'condition-value'}, input, list);
  show();
  Object.defineProperty(operand, 'value', {get: () => input.value, set: (next) => { input.value = next; }});
  return {test, operand, written, refresh: show};

  function show() {
    input.hidden = test.value.startsWith('exists');
    input.placeholder = {values: 'CEO, CTO', numbers: '10, 50', number: '10'}[kindOf(test.value)] ?? '';
    list.replaceChildren(suggestions(`${id}-values`, seen.values(types, pathNow())));
  }

  function written() {
    const [word] = test.value.split(':');
    if (word === 'exists') return {test: word, operand: test.value === 'exists'};
    const isAs = word === row.test && input.value === text;
    return {test: word, operand: isAs ? row.operand : operandOf(input.value, word, {isNumber: seen.isNumber(types, pathNow()), isBoolean: seen.isBoolean(types, pathNow())})};
  }

  function commit(isTest) {
    if (!onset || isBeingRedrawn() || (!isTest && input.value === input.dataset.drawn)) return;
    input.setCustomValidity('');
    try {
      const next = written();
      input.dataset.drawn = input.value;
      onset(next);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      input.setCustomValidity(error.message);
      if (!isTest) input.reportValidity();
      else input.focus();
    }
  }
}
