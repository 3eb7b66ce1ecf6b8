// A token for somebody: made by choosing, and shown once.

import {go} from '../../parts/address.js';
import {ask} from '../../parts/api.js';
import {el} from '../../parts/element.js';
import {choice, field} from '../../parts/fields.js';
import {showOnce} from '../../parts/shown_once.js';
import {SCOPES} from './scopes.js';

const DAY_MS = 86_400_000;
const LIVES = [['30', 'in 30 days'], ['90', 'in 90 days'], ['365', 'in a year'], ['', 'never']];
const USUAL = ['read', 'write'];

// mine: the token of who makes it, which bounds what can be given; people: of the inbox; name: that is there to begin with.
export function tokenForm({mine, people, name}) {
  const whose = el('input', {id: 'name', value: name, required: true, maxlength: 100, autocomplete: 'off', list: 'people', placeholder: 'anna'});
  const boxes = SCOPES.filter(([scope]) => mine.scopes.includes(scope)).map(([scope, words]) =>
    [el('input', {type: 'checkbox', name: 'scope', value: scope, checked: USUAL.includes(scope)}), words, scope]);
  const lives = livesWithin(mine.expires_at);
  const life = choice('life', lives, lives.some(([days]) => days === '90') ? '90' : lives[0][0]);
  const refused = el('p', {class: 'refused', role: 'alert'});
  const make = el('button', {class: 'main'}, 'Make the token');
  return el('form', {class: 'written', onsubmit: send},
    field('Name', whose),
    el('datalist', {id: 'people'}, people.map((person) => el('option', {value: person.name}, person.title))),
    el('p', {class: 'hint quiet'}, people.length
      ? 'Of the person or the program. A person who takes leads needs the name that the inbox has: their own leads come first then.'
      : 'Of the person or the program: lists and the audit tell by it who did what.'),
    el('fieldset', {class: 'stacked'}, el('legend', {}, 'May'), boxes.map(([box, words, scope]) => el('label', {}, box, ` ${words} `, el('code', {class: 'quiet'}, scope)))),
    field('Expires', life),
    refused,
    el('div', {class: 'row'}, make, el('a', {href: '/access'}, 'Cancel')));

  async function send(event) {
    event.preventDefault();
    refused.textContent = '';
    const scopes = boxes.filter(([box]) => box.checked).map(([, , scope]) => scope);
    if (!scopes.length) {
      refused.textContent = 'Choose at least one thing that it may do.';
      return;
    }
    make.disabled = true;
    try {
      const made = await ask('/api/tokens', {method: 'POST', body: {name: whose.value, scopes, expires_at: expiresAt(life.value, mine)}});
      showOnce(made.token, {
        title: `The token of ${made.name}`,
        words: `${made.name} signs in with it at ${location.origin}. It is not shown again: copy it now, and send it where nobody else reads it.`,
        label: 'Token',
        done: 'It is copied',
      }, () => go('/access'));
    } catch (problem) {
      refused.textContent = problem.message;
      make.disabled = false;
    }
  }
}

// A token lets in no longer than the one by which it is made.
function livesWithin(end) {
  if (!end) return LIVES;
  return [...LIVES.filter(([days]) => days && Date.now() + days * DAY_MS < Date.parse(end)), ['mine', 'with yours']];
}

function expiresAt(life, mine) {
  if (life === 'mine') return mine.expires_at;
  return life ? new Date(Date.now() + life * DAY_MS).toISOString() : null;
}
