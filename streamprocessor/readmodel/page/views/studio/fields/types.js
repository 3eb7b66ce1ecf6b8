// The actions that a rule is about: one or more types, chosen from those that came.

import {suggestions} from '../../../conditions/choices.js';
import {el} from '../../../parts/element.js';
import {isBeingRedrawn} from '../draft/redrawing.js';

// mayBeAny: `any` stands for all of them. isList: one alone is a list, too.
export function typesEntry({id, title, place, names, mayBeAny = false, isList = false}) {
  const isAny = place.value === 'any';
  const types = isAny || place.value === undefined ? [] : [place.value].flat();
  const input = el('input', {id, list: `${id}-names`, autocomplete: 'off', placeholder: isAny ? 'only this action' : 'another action', 'data-drawn': '', 'aria-label': `${title}: add one`,
    onblur: add, onkeydown: ({key}) => { if (key === 'Enter') add(); }});
  return el('div', {class: 'field'}, el('span', {class: 'label'}, title),
    el('span', {class: 'row chips'},
      types.map((type) => el('span', {class: 'chip'}, type, types.length > 1 && el('button', {type: 'button', class: 'chip-remove', id: `${id}-${type}-remove`, 'aria-label': `Without ${type}`, onclick: () => take(type)}, '×'))),
      mayBeAny && el('label', {class: 'row flag-entry'}, el('input', {type: 'checkbox', id: `${id}-any`, checked: isAny, onchange: ({target}) => place.set(target.checked ? 'any' : [names[0]])}), 'any action'),
      input, suggestions(`${id}-names`, names.filter((name) => !types.includes(name)))));

  function add() {
    const type = input.value.trim();
    if (!type || isBeingRedrawn()) return;
    input.value = '';
    place.change((old) => spelled([...new Set([...listed(old), type])]));
  }

  function take(type) {
    place.change((old) => spelled(listed(old).filter((each) => each !== type)));
  }

  function listed(old) {
    return old === 'any' || old === undefined ? [] : [old].flat();
  }

  function spelled(list) {
    return list.length === 1 && !isList ? list[0] : list;
  }
}
