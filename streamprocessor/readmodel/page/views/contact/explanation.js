// What a score is made of: parts that add up to it.

import {el, table} from '../../parts/element.js';
import {ago, decimalsSwitch, digits, NOTHING, percent} from '../../parts/format.js';

export function explanationTable(title, now, parts) {
  if (now.unrounded === null) {
    return el('p', {class: 'quiet'}, `${title} is a label of two other scores; choose one of these.`);
  }
  const groups = grouped(parts);
  const columns = [['Rule', ''], ['When', ''], ['Points then', 'number extra'], ['Left of them', 'number extra'], ['Points now', 'number']];
  const partsTable = table(`Parts of ${title}`, columns, groups.flatMap((group) =>
    group.length === 1 ? [cells(group[0])] : [together(group), ...group.map(cells)]));
  fold(partsTable, groups);
  partsTable.querySelector('table').append(el('tfoot', {},
    el('tr', {class: 'total'}, el('th', {scope: 'row'}, 'Sum, unrounded'), el('td'),
      el('td', {class: 'extra'}), el('td', {class: 'extra'}), el('td', {class: 'number'}, digits(now.unrounded))),
    el('tr', {}, el('th', {scope: 'row'}, 'Shown as'), el('td'),
      el('td', {class: 'extra'}), el('td', {class: 'extra'}), el('td', {class: 'number'}, digits(now.score)))));
  return [partsTable, el('div', {class: 'row end'}, decimalsSwitch(partsTable))];
}

// The parts of each rule together, the strongest rule first and in it the strongest part.
function grouped(parts) {
  const groups = new Map();
  for (const part of [...parts].sort((one, other) => Math.abs(other.points) - Math.abs(one.points))) {
    const key = JSON.stringify([part.rule, part.group, part.cut]);
    groups.set(key, [...groups.get(key) ?? [], part]);
  }
  return [...groups.values()].sort((one, other) => Math.abs(sum(other)) - Math.abs(sum(one)));
}

// Scores have nine decimals.
function sum(group) {
  return Number(group.reduce((points, part) => points + part.points, 0).toFixed(9));
}

function cells(part) {
  return [
    named(part),
    ago(part.occurred_at),
    part.of === undefined ? NOTHING : digits(part.of),
    part.factor === undefined ? NOTHING : percent(100 * part.factor),
    digits(part.points),
  ];
}

function together(group) {
  const times = group.reduce((all, part) => all + (part.count ?? 1), 0);
  const newest = group.map((part) => part.occurred_at).filter(Boolean).sort().at(-1);
  return [
    [el('button', {type: 'button', class: 'fold', 'aria-expanded': 'false'}, `${nameOf(group[0])} × ${times}`), group[0].cut && el('span', {class: 'quiet'}, ' taken off by its limit')],
    newest ? ['last ', ago(newest)] : NOTHING, NOTHING, NOTHING, digits(sum(group)),
  ];
}

// Hides the rows of each group behind the button of its first one.
function fold(partsTable, groups) {
  const rows = [...partsTable.querySelectorAll('tbody tr')];
  let at = 0;
  for (const group of groups) {
    const [head, ...inner] = rows.slice(at, at += group.length === 1 ? 1 : group.length + 1);
    const button = group.length > 1 && head.querySelector('button.fold');
    for (const row of inner) {
      row.hidden = true;
      row.className = 'inner';
    }
    if (button) {
      button.addEventListener('click', () => {
        const isOpen = button.getAttribute('aria-expanded') === 'true';
        button.setAttribute('aria-expanded', String(!isOpen));
        for (const row of inner) row.hidden = isOpen;
      });
    }
  }
}

function nameOf(part) {
  return part.rule ?? (part.group ? `group ${part.group}` : 'all together');
}

function named(part) {
  const notes = [
    part.cut && 'taken off by its limit',
    part.earlier && `${part.count} earlier events, kept as a sum`,
    !part.earlier && part.count !== undefined && `${part.count} times`,
    part.class !== undefined && part.class !== 'human' && part.class,
  ].filter(Boolean);
  return [nameOf(part), notes.length > 0 && el('span', {class: 'quiet'}, ` ${notes.join(', ')}`)];
}
