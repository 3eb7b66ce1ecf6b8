// Rows of a file, and what became of them: three numbers that add up to the first.

import {el} from '../../parts/element.js';
import {count} from '../../parts/format.js';

export function rowFacts(title, rows, {accepted, refused, skipped}) {
  const fact = (name, number) => el('div', {}, el('dt', {}, name), el('dd', {}, count(number)));
  return el('dl', {class: 'facts'}, fact(title, rows), fact('taken', accepted), fact('refused', refused), fact('passed over', skipped));
}
