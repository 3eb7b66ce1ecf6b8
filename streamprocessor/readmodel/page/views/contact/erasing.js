// Erasing a contact, after a second thought.

import {go} from '../../parts/address.js';
import {askContact} from '../../parts/api.js';
import {el, tell} from '../../parts/element.js';

const LOOK_MS = 300;
const PATIENCE_MS = 30_000;

export function eraseButton({contact_id: id, display_name: name}) {
  const refused = el('p', {class: 'refused', role: 'alert'});
  const confirm = el('button', {class: 'danger', onclick: () => erase()}, 'Erase for good');
  const dialog = el('dialog', {'aria-labelledby': 'erase-title'},
    el('h2', {id: 'erase-title'}, name ? `Erase ${name} (${id})?` : `Erase ${id}?`),
    el('p', {}, 'Scores, events, attributes and history of this contact go, everywhere, and can’t be brought back. ' +
      'What it does from now on begins a new contact.'),
    refused,
    el('div', {class: 'row'}, el('button', {autofocus: true, onclick: () => dialog.close()}, 'Keep'), confirm));

  async function erase() {
    confirm.disabled = true;
    try {
      await askContact(id, '', {method: 'DELETE'});
      tell(`Erasing ${id}`);
      await gone(id);
    } catch (problem) {
      refused.textContent = problem.message;
      confirm.disabled = false;
      return;
    }
    dialog.close();
    go('/contacts');
    tell(`${id} was erased.`);
  }

  return [el('button', {class: 'danger', onclick: () => dialog.showModal()}, 'Erase'), dialog];
}

// Until the read model does not know the contact any more.
async function gone(id) {
  const until = Date.now() + PATIENCE_MS;
  while (Date.now() < until) {
    try {
      await askContact(id);
    } catch (problem) {
      if (problem.status === 404) return;
      throw problem;
    }
    await new Promise((resolve) => { setTimeout(resolve, LOOK_MS); });
  }
  throw new Error('The erasure was taken, and is not done yet; look again in a while.');
}
