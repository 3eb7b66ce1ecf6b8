// Of which other scores a score is made: their sum, a weighted one, or a label of two stages.

import {el} from '../../../parts/element.js';
import {wordAt} from '../draft/places.js';
import {choiceEntry, entry, nameOf, numberEntry} from '../fields/entries.js';

export function combineFields({session, score}) {
  const place = wordAt(session, 'scores', score, 'combine');
  const combine = place.value ?? {};
  const others = Object.keys(session.model.scores).filter((name) => name !== score);
  const way = Object.keys(combine)[0];
  const how = {value: way, set: (next) => place.set(begun(next, others, combine))};
  return el('fieldset', {}, el('legend', {}, 'Made of other scores'),
    choiceEntry({id: 'combine-how', title: 'How', place: how, options: [['sum', 'their sum'], ['weighted', 'their weighted sum'], ['matrix', 'a label for each two stages']]}),
    way === 'sum' && el('div', {class: 'row'}, others.map((name) => el('label', {class: 'row flag-entry'},
      el('input', {type: 'checkbox', id: `combine-${name}`, checked: combine.sum.includes(name), onchange: ({target}) => place.of('sum').change((old) => (target.checked ? [...(old ?? []), name] : old.filter((each) => each !== name)))}), name))),
    way === 'weighted' && el('div', {class: 'row bottom'}, others.map((name) => numberEntry({id: `combine-${name}`, title: name, place: place.of('weighted').of(name), placeholder: 'not in it'}))),
    way === 'matrix' && matrix({session, place, others}));
}

function matrix({session, place, others}) {
  const {rows, columns, labels = {}} = place.value.matrix;
  const stages = (name) => Object.keys(session.model.scores[name]?.stages ?? {});
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
