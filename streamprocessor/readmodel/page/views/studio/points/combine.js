// Of which other scores a score is made: their sum, a weighted one, or a label of two stages.

import {suggestions} from '../../../conditions/choices.js';
import {el} from '../../../parts/element.js';
import {wordAt} from '../draft/places.js';
import {choiceEntry, entry, nameOf, numberEntry} from '../fields/entries.js';
import {namesOf} from '../fields/stages.js';

export function combineFields({session, score}) {
  const place = wordAt(session, 'scores', score, 'combine');
  const combine = place.value ?? {};
  const others = Object.keys(session.model.scores).filter((name) => name !== score);
  const way = Object.keys(combine)[0];
  const how = {value: way, set: (next) => place.set(begun(next, others, combine))};
  return el('fieldset', {}, el('legend', {}, 'Made of other scores'),
    choiceEntry({id: 'combine-how', title: 'How', place: how, options: [['sum', 'their sum'], ['weighted', 'their weighted sum'], ['matrix', 'a label for each two stages']]}),
    way === 'sum' && el('div', {class: 'row'}, combine.sum.map((name) => el('span', {class: 'chip'}, name,
      combine.sum.length > 1 && el('button', {type: 'button', class: 'chip-remove', id: `combine-${name}-remove`, 'aria-label': `Without ${name}`, onclick: () => place.of('sum').change((old) => old.filter((each) => each !== name))}, '×')))),
    way === 'weighted' && el('div', {class: 'row bottom'}, Object.keys(combine.weighted).map((name) => numberEntry({id: `combine-${name}`, title: name, place: place.of('weighted').of(name)}))),
    (way === 'sum' || way === 'weighted') && adder({others: others.filter((name) => !(combine.sum ?? Object.keys(combine.weighted)).includes(name)),
      onadd: (name) => place.change((old) => (old.sum ? {sum: [...old.sum, name]} : {weighted: {...old.weighted, [name]: 1}}))}),
    way === 'matrix' && matrix({session, place, others}));
}

function adder({others, onadd}) {
  const input = el('input', {id: 'combine-add', list: 'combine-others', 'aria-label': 'Another score', 'data-kept': '', autocomplete: 'off', placeholder: others[0] ?? ''});
  const add = () => { if (others.includes(input.value)) onadd(input.value); };
  return others.length > 0 && el('div', {class: 'row'}, input, suggestions('combine-others', others), el('button', {type: 'button', id: 'combine-add-do', onclick: add}, 'Add this score'));
}

function matrix({session, place, others}) {
  const {rows, columns, labels = {}} = place.value.matrix;
  const stages = (name) => namesOf(session.model.scores[name]?.stages);
  const at = place.of('matrix');
  return [
    el('div', {class: 'row bottom'}, choiceEntry({id: 'matrix-rows', title: 'Rows', place: at.of('rows'), options: others}),
      choiceEntry({id: 'matrix-columns', title: 'Columns', place: at.of('columns'), options: others})),
    el('div', {class: 'wide', role: 'region', 'aria-label': 'Labels', tabindex: '0'}, el('table', {},
      el('thead', {}, el('tr', {}, el('td', {}), stages(columns).map((name) => el('th', {scope: 'col'}, name)))),
      el('tbody', {}, stages(rows).map((row) => el('tr', {}, el('th', {scope: 'row'}, row), stages(columns).map((column) => el('td', {},
        entry({id: `label-${row}-${column}`, title: `${row} and ${column}`, hidesTitle: true, class: 'short', placeholder: `${row}${column}`, read: (text) => (text ? nameOf(text) : undefined),
          place: {value: labels[row]?.[column], set: at.of('labels').of(row).of(column).set}})))))))),
  ];
}

function begun(way, others, combine) {
  const named = combine.sum ?? Object.keys(combine.weighted ?? {});
  const some = named.length ? named : others.slice(0, 2);
  if (way === 'sum') return {sum: some};
  if (way === 'weighted') return {weighted: Object.fromEntries(some.map((name) => [name, 1]))};
  return {matrix: {rows: some[0], columns: some[1] ?? some[0]}};
}
