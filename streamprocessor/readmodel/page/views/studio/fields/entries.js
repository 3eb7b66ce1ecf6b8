// Fields that change a place of the draft as soon as one leaves them, or presses Enter.

import {el} from '../../../parts/element.js';
import {isBeingRedrawn} from '../draft/redrawing.js';

// read(text): the value, undefined: nothing; throws RangeError with what is wanted. spell(value): its text.
export function entry({id, title, place, read = (text) => text || undefined, spell = String, hint, hidesTitle = false, ...more}) {
  const text = place.value === undefined || place.value === null ? '' : spell(place.value);
  const refused = el('span', {class: 'refused hint', id: `${id}-refused`, role: 'alert'});
  const input = el('input', {id, value: text, autocomplete: 'off', spellcheck: 'false', 'data-drawn': text, ...more,
    'aria-describedby': [`${id}-refused`, hint && `${id}-hint`].filter(Boolean).join(' '), onblur: commit,
    onkeydown: ({key}) => { if (key === 'Enter') commit(); }, oninput: () => { refused.textContent = ''; }});
  return el('div', {class: 'field'}, el('label', {for: id, class: hidesTitle && 'unseen'}, title), input,
    hint && el('span', {class: 'quiet hint', id: `${id}-hint`}, hint), refused);

  function commit() {
    if (isBeingRedrawn() || input.value === input.dataset.drawn) return;
    try {
      const next = read(input.value.trim());
      input.dataset.drawn = input.value;
      place.set(next);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      refused.textContent = error.message;
    }
  }
}

export function numberEntry({id, title, place, ...more}) {
  return entry({id, title, place, inputmode: 'decimal', class: 'short', read: readNumber, ...more});
}

function readNumber(text) {
  if (text === '') return undefined;
  const value = Number(text.replace(',', '.'));
  if (!Number.isFinite(value)) throw new RangeError('A number, such as 5 or -2.5');
  return value;
}

// A name, as scores, rules and stages have it.
export function nameOf(text) {
  if (!/^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/.test(text)) throw new RangeError('Letters, digits, . _ and -, without spaces');
  return text;
}

// A choice of one; options: [value, title] or value. '' takes it away.
export function choiceEntry({id, title, place, options, hidesTitle = false, onset = (value) => place.set(value === '' ? undefined : value)}) {
  const value = place.value === undefined || place.value === null ? '' : String(place.value);
  const pairs = options.map((each) => (Array.isArray(each) ? each : [each, each]));
  if (!pairs.some(([each]) => each === value)) pairs.push([value, value || 'choose']);
  return el('div', {class: 'field'}, el('label', {for: id, class: hidesTitle && 'unseen'}, title),
    el('select', {id, onchange: ({target}) => onset(target.value)},
      pairs.map(([each, words]) => el('option', {value: each, selected: each === value}, words))));
}
