// Times, as a number and its unit: 30 days are 30d in the file.

import {el} from '../../../parts/element.js';
import {isBeingRedrawn} from '../draft/redrawing.js';

const UNITS = [['d', 'days'], ['w', 'weeks'], ['h', 'hours'], ['m', 'minutes'], ['s', 'seconds']];
const DAYS = {s: 1 / 86_400, m: 1 / 1_440, h: 1 / 24, d: 1, w: 7};

// "30d" as [30, 'd']; nothing: [null, 'd'].
function parts(text) {
  const [, amount, unit] = /^0*(\d+)([smhdw])$/.exec(text ?? '') ?? [null, null, 'd'];
  return [amount === null ? null : Number(amount), unit];
}

export function inDays(text) {
  const [amount, unit] = parts(text);
  return amount === null ? null : amount * DAYS[unit];
}

// Days as the file writes them: whole days, or whole hours of less than two days.
export function spelledDays(days) {
  return days < 2 && !Number.isInteger(days) ? `${Math.max(1, Math.round(days * 24))}h` : `${Math.max(1, Math.round(days))}d`;
}

export function durationWords(text) {
  const [amount, unit] = parts(text);
  const [, words] = UNITS.find(([each]) => each === unit);
  return amount === null ? String(text) : `${amount} ${amount === 1 ? words.slice(0, -1) : words}`;
}

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
