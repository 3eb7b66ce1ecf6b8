// A text field whose text is told once nobody types any more, or is elsewhere.

import {el} from './element.js';

const PAUSE_MS = 300;

export function laterInput(attributes, ontext) {
  let [timer, last] = [null, attributes.value];
  const tell = () => {
    clearTimeout(timer);
    if (input.value === last) return;
    last = input.value;
    ontext(last.trim());
  };
  const later = () => {
    clearTimeout(timer);
    timer = setTimeout(tell, PAUSE_MS);
  };
  const input = el('input', {maxlength: 200, autocomplete: 'off', spellcheck: 'false', ...attributes, oninput: later, onchange: tell});
  return input;
}
