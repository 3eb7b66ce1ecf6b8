// A field for a time: a number, and its unit.

import {el} from '../../../parts/element.js';
import {isBeingRedrawn} from '../draft/redrawing.js';
import {parts, UNITS} from './durations.js';

export function durationEntry({id, title, place, hint}) {
  const [amount, unit] = parts(place.value);
  const refused = el('span', {class: 'refused hint', id: `${id}-refused`, role: 'alert'});
  const text = amount === null ? '' : String(amount);
  const input = el('input', {id, class: 'short', inputmode: 'numeric', value: text, 'data-drawn': text, autocomplete: 'off',
    'aria-describedby': `${id}-refused`, onblur: commit, onkeydown: ({key}) => { if (key === 'Enter') commit(); }, oninput: () => { refused.textContent = ''; }});
  const units = el('select', {id: `${id}-unit`, 'aria-label': `${title}: unit`, onchange: changed},
    UNITS.map(([value, words]) => el('option', {value, selected: value === unit}, words)));
  return el('div', {class: 'field'}, el('label', {for: id}, title), el('span', {class: 'joined'}, input, units),
    hint && el('span', {class: 'quiet hint'}, hint), refused);

  function commit() {
    if (!isBeingRedrawn() && input.value !== input.dataset.drawn) changed();
  }

  function changed() {
    const wanted = input.value.trim();
    if (wanted !== '' && !/^[1-9]\d*$/.test(wanted)) {
      refused.textContent = 'A whole number, such as 30';
      return;
    }
    input.dataset.drawn = input.value;
    if (wanted !== '' || place.value !== undefined) place.set(wanted === '' ? undefined : `${Number(wanted)}${units.value}`);
  }
}
