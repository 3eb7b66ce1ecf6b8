// Which cells of a column say that somebody opted out, and which that nobody did.

import {el} from '../../parts/element.js';
import {laterInput} from '../../parts/later_input.js';

const USUAL = {true_values: ['true', 'yes', '1'], false_values: ['false', 'no', '0']};

// suppressed: of the mapping's words. onchange is told what they become.
export function optingOut(suppressed, at, onchange) {
  let words = typeof suppressed === 'string' ? {column: suppressed} : suppressed;
  const list = (name, title) => el('label', {class: 'hint'}, title, ' ', laterInput({id: `${name}-${at}`, value: (words[name] ?? USUAL[name]).join(', '), class: 'short'}, (text) => {
    const cells = text.split(',').map((each) => each.trim()).filter(Boolean);
    if (cells.length > 0) onchange(words = {...words, [name]: cells});
  }));
  return el('span', {class: 'row'}, list('true_values', 'if it says'), list('false_values', 'not if'));
}
