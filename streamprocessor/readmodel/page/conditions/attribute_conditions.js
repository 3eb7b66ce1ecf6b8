// Conditions on a contact's attributes, as segments and subscriptions have them.

import {el} from '../parts/element.js';
import {suggestions} from './choices.js';
import {conditionRows} from './condition_rows.js';

// How a condition reads; its operand: a text, a list of texts, a number, or one of the two truths itself.
const KINDS = [
  ['equals', 'is'], ['one_of', 'is one of'], ['contains', 'contains'], ['starts_with', 'begins with'],
  ['at_least', 'is at least'], ['at_most', 'is at most'],
  ['exists:true', 'is known'], ['exists:false', 'is not known'], ['equals:true', 'is true'], ['equals:false', 'is false'],
];
const NUMBERS = ['at_least', 'at_most'];

let lists = 0;

// attributes: names to suggest. Returns {node, written()}.
export function attributeConditions({conditions = [], attributes, onchange}) {
  const list = `attributes-${lists += 1}`;
  const each = conditions.flatMap(({attribute, ...tests}) =>
    Object.entries(tests).filter(([, operand]) => operand !== null).map(([kind, operand]) => ({attribute, kind, operand})));
  const rows = conditionRows({title: 'Condition on an attribute', add: 'Add a condition on an attribute', conditions: each,
    row: (condition) => attributeRow(condition, list), onchange});
  rows.node.append(suggestions(list, attributes));
  return rows;
}

function attributeRow({attribute = '', kind = 'equals', operand = ''}, list) {
  const isTruth = typeof operand === 'boolean';
  const name = el('input', {list, value: attribute, 'aria-label': 'Attribute', placeholder: 'company', autocomplete: 'off'});
  const test = el('select', {'aria-label': 'Test', onchange: show}, KINDS.map(([value, title]) =>
    el('option', {value, selected: value === (isTruth ? `${kind}:${operand}` : kind)}, title)));
  const shown = isTruth ? '' : [operand].flat().join(', ');
  const text = el('input', {value: shown, 'aria-label': 'Value', autocomplete: 'off'});
  show();

  function show() {
    const isNumber = NUMBERS.includes(test.value);
    text.hidden = test.value.includes(':');
    text.type = isNumber ? 'number' : 'text';
    text.step = 'any';
    text.placeholder = {one_of: 'CEO, CTO', equals: 'ACME'}[test.value] ?? '';
  }

  function written() {
    const attribute = name.value.trim();
    const [word, truth] = test.value.split(':');
    if (!attribute || (!truth && text.value.trim() === '')) return null;
    if (truth) return {attribute, [word]: truth === 'true'};
    if (word === kind && text.value === shown) return {attribute, [word]: operand}; // as it was, of whatever type
    if (word === 'one_of') return {attribute, one_of: text.value.split(',').map((each) => each.trim()).filter(Boolean)};
    return {attribute, [word]: NUMBERS.includes(word) ? Number(text.value) : text.value.trim()};
  }

  return {node: el('span', {class: 'row'}, name, test, text), written};
}
