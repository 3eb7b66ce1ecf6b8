// Which rules decide who is hot, which say the same, and how half-lives move the ranking.

import {el} from '../../../parts/element.js';

export function sensitivity(found) {
  return el('details', {id: 'sensitivity'}, el('summary', {}, 'What decides'), el('pre', {tabindex: '0'}, JSON.stringify(found)));
}
