// Hot leads a week before and after, beside how many the team can call.

import {el} from '../../../parts/element.js';
import {NOTHING, number} from '../../../parts/format.js';

const KEPT = 'studio-capacity';

export function capacity({preview}) {
  const weekly = preview.answer?.hot_leads_a_week;
  const words = el('span', {role: 'status'});
  const input = el('input', {id: 'capacity', type: 'number', min: 0, class: 'short', value: localStorage.getItem(KEPT) ?? '', oninput: told});
  told();
  return el('section', {class: 'capacity'}, el('h3', {}, 'Hot leads a week'),
    el('div', {class: 'row bottom'},
      el('dl', {class: 'facts'}, fact('Now', weekly?.before), fact('With the draft', weekly?.after)),
      el('div', {class: 'field'}, el('label', {for: 'capacity'}, 'The team can call'), input)),
    words, weekly?.how && el('p', {class: 'quiet hint'}, weekly.is_estimate ? 'An estimate from ' : 'From ', weekly.how, '.'));

  function told() {
    localStorage.setItem(KEPT, input.value);
    const most = Number(input.value);
    const after = weekly?.after;
    if (input.value === '' || typeof after !== 'number') words.textContent = '';
    else if (after > most) words.textContent = `${number(after - most)} a week more than the team can call: raise where hot begins.`;
    else words.textContent = most > 0 ? `${Math.round((100 * after) / most)} % of what the team can call.` : '';
  }
}

function fact(title, value) {
  return el('div', {}, el('dt', {}, title), el('dd', {}, typeof value === 'number' ? number(value) : NOTHING));
}
