// Lists that are too long to be read: a field that hides all entries but those with a text in them.

import {el} from './element.js';
import {field} from './fields.js';

// So many entries are read without one.
export const FEW = 12;

// The field of these nodes. textOf: what of a node is looked through; all of it where nothing is said.
export function finder({id, title, nodes, textOf = (node) => node.textContent}) {
  const wanted = el('input', {id, type: 'search', autocomplete: 'off'});
  wanted.addEventListener('input', () => {
    const text = wanted.value.trim().toLowerCase();
    for (const node of nodes()) node.hidden = !textOf(node).toLowerCase().includes(text);
  });
  return field(title, wanted);
}
