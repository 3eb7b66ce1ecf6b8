// Conditions on a contact's scores, as segments have them.

import {el} from '../parts/element.js';
import {amountOf, boxes, options, said} from './choices.js';
import {conditionRows} from './condition_rows.js';

// scores: as of /api/scores. Returns {node, written()}.
export function scoreConditions({conditions = [], scores, onchange}) {
  return conditionRows({title: 'Condition on a score', add: 'Add a condition on a score', conditions,
    row: (condition) => scoreRow(condition, scores), onchange});
}

function scoreRow(condition, scores) {
  const names = scores.map(({name}) => name);
  const select = el('select', {'aria-label': 'Score', onchange: draw}, options(names, condition.score).map(([value, title]) =>
    el('option', {value, selected: value === condition.score}, title)));
  const value = el('input', {value: condition.value ?? '', autocomplete: 'off'});
  const low = bound('Score at least', condition.at_least);
  const high = bound('Score at most', condition.at_most);
  const place = el('span', {class: 'row'});
  let stages;
  draw();

  function draw() {
    const score = scores.find(({name}) => name === select.value);
    const ticked = stages?.chosen() ?? condition.stages ?? [];
    const known = score?.stages ?? [];
    stages = boxes('Stage', known, stages ? ticked.filter((each) => known.includes(each)) : ticked);
    value.setAttribute('aria-label', score?.by ?? 'Value');
    value.placeholder = score?.by ?? '';
    value.hidden = !score?.by && !value.value;
    for (const each of [low, high]) each.hidden = score?.bounds.length === 0 && score.by === null && each.value === '';
    place.replaceChildren(stages.node);
  }

  function written() {
    return said({
      score: select.value,
      value: value.hidden ? '' : value.value.trim(),
      stages: stages.chosen(),
      at_least: low.hidden ? undefined : amountOf(low),
      at_most: high.hidden ? undefined : amountOf(high),
    });
  }

  return {node: el('span', {class: 'row'}, select, value, place, low, high), written};
}

function bound(title, value) {
  return el('input', {type: 'number', step: 'any', class: 'short', value: value ?? '', 'aria-label': title, placeholder: title.replace('Score ', '')});
}
