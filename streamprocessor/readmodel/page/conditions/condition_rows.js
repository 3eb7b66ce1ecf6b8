// Conditions, one a row, added and removed.

import {el} from '../parts/element.js';

// Rows that `row(condition)` draws as {node, written()}; written(): null where it says nothing yet. title: of one row.
// onchange: called when a row goes. Returns {node, written()}.
export function conditionRows({title, add, conditions, row, onchange = () => {}}) {
  const list = el('div', {class: 'conditions'});
  let rows = [];
  const adder = el('button', {type: 'button', onclick: () => append({}).querySelector('input, select').focus()}, add);
  for (const condition of conditions) append(condition);

  function append(condition) {
    const drawn = row(condition);
    const item = el('div', {role: 'group'}, drawn.node,
      el('button', {type: 'button', class: 'remove', onclick: () => remove(drawn, item)}, 'Remove'));
    rows.push(drawn);
    list.append(item);
    number();
    return item;
  }

  function remove(drawn, item) {
    rows = rows.filter((each) => each !== drawn);
    item.remove();
    number();
    adder.focus();
    onchange();
  }

  function number() {
    [...list.children].forEach((item, at) => {
      item.setAttribute('aria-label', `${title} ${at + 1}`);
      item.lastChild.setAttribute('aria-label', `Remove ${title.toLowerCase()} ${at + 1}`);
    });
  }

  return {
    node: el('div', {class: 'rows'}, list, adder),
    written: () => rows.map((each) => each.written()).filter((each) => each !== null),
  };
}
