// Fields of forms: an input with its label, and a choice of one.

import {el} from './element.js';

export function field(title, input) {
  return el('div', {class: 'field'}, el('label', {for: input.id}, title), input);
}

export function choice(id, names, chosen, onchange) {
  return el('select', {id, onchange}, names.map((each) =>
    Array.isArray(each)
      ? el('option', {value: each[0], selected: each[0] === chosen}, each[1])
      : el('option', {value: each, selected: each === chosen}, each)));
}

// For the name of what is kept: any that an address of the API can end with.
export function nameInput(id, more = {}) {
  return el('input', {id, required: true, maxlength: 100, autocomplete: 'off', pattern: '(?!\\.{1,2}$)(?!.*\\/export$).+', title: 'Any name but . and .., without /export at its end', ...more});
}
