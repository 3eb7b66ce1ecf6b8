// What a score is made of: parts that add up to it.

import {el, table} from './element.js';
import {ago, NOTHING, number} from './format.js';

export function explanationTable(title, now, parts) {
  if (now.unrounded === null) {
    return el('p', {class: 'quiet'}, `${title} is a label of two other scores; choose one of these.`);
  }
  const strongest = [...parts].sort((one, other) => Math.abs(other.points) - Math.abs(one.points));
  const columns = [['Rule', ''], ['When', ''], ['Points then', 'number extra'], ['Left of them', 'number extra'], ['Points now', 'number']];
  const partsTable = table(`Parts of ${title}`, columns, strongest.map((part) => [
    named(part),
    ago(part.occurred_at),
    part.of === undefined ? NOTHING : number(part.of),
    part.factor === undefined ? NOTHING : `${(100 * part.factor).toFixed(1)} %`,
    number(part.points),
  ]));
  partsTable.querySelector('table').append(el('tfoot', {},
    el('tr', {class: 'total'}, el('th', {scope: 'row'}, 'Sum, unrounded'), el('td'),
      el('td', {class: 'extra'}), el('td', {class: 'extra'}), el('td', {class: 'number'}, number(now.unrounded))),
    el('tr', {}, el('th', {scope: 'row'}, 'Shown as'), el('td'),
      el('td', {class: 'extra'}), el('td', {class: 'extra'}), el('td', {class: 'number'}, number(now.score)))));
  return partsTable;
}

function named(part) {
  const notes = [
    part.cut && 'taken off by its limit',
    part.earlier && `${part.count} earlier events, kept as a sum`,
    !part.earlier && part.count !== undefined && `${part.count} events`,
    part.class !== undefined && part.class !== 'human' && part.class,
  ].filter(Boolean);
  return [part.rule ?? (part.group ? `group ${part.group}` : 'all together'),
    notes.length > 0 && el('span', {class: 'quiet'}, ` ${notes.join(', ')}`)];
}
