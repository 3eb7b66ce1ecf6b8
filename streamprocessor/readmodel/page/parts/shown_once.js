// A secret that is shown once, with a button that copies it.

import {el} from './element.js';
import {field} from './fields.js';

// Shown until it is said to be kept; then onclose() is called.
// title, words: what it is and what is done with it; label: of the secret; done: of the button that closes.
export function showOnce(secret, {title, words, label, done}, onclose) {
  const text = el('textarea', {id: 'secret', value: secret, readonly: true, rows: 2, class: 'secret', spellcheck: 'false'});
  const told = el('span', {class: 'quiet', role: 'status'});
  const dialog = el('dialog', {'aria-labelledby': 'secret-title', onclose: () => { dialog.remove(); onclose(); }},
    el('h2', {id: 'secret-title'}, title),
    el('p', {}, words),
    field(label, text),
    el('div', {class: 'row bottom'}, el('button', {type: 'button', onclick: copy}, 'Copy'), el('button', {type: 'button', class: 'main', onclick: () => dialog.close()}, done), told));

  async function copy() {
    text.select();
    try {
      await navigator.clipboard.writeText(secret);
      told.textContent = 'Copied';
    } catch {
      told.textContent = 'Selected: copy it with the keyboard'; // without TLS browsers lend no clipboard
    }
  }

  document.getElementById('main').append(dialog);
  dialog.showModal();
}
