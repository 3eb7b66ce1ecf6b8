// Revoking a token, after a second thought.

import {ask} from '../../parts/api.js';
import {el} from '../../parts/element.js';

// ondropped(token): is called once it is revoked.
export function revokeButton(token, ondropped) {
  const refused = el('p', {class: 'refused', role: 'alert'});
  const confirm = el('button', {class: 'danger', onclick: () => revoke()}, 'Revoke');
  const title = `revoke-${token.id}`;
  const dialog = el('dialog', {'aria-labelledby': title},
    el('h2', {id: title}, `Revoke the token of ${token.name}?`),
    el('p', {}, token.is_mine
      ? 'It is the one with which you are signed in: you are signed out at once.'
      : 'Whoever is signed in with it is signed out at the next click; programs are refused at once.'),
    refused,
    el('div', {class: 'row'}, el('button', {autofocus: true, onclick: () => dialog.close()}, 'Keep'), confirm));

  async function revoke() {
    confirm.disabled = true;
    try {
      await ask(`/api/tokens/${encodeURIComponent(token.id)}`, {method: 'DELETE'});
    } catch (problem) {
      refused.textContent = problem.message;
      confirm.disabled = false;
      return;
    }
    dialog.close();
    ondropped(token);
  }

  return [el('button', {class: 'danger', onclick: () => dialog.showModal(), 'aria-label': `Revoke the token of ${token.name}`}, 'Revoke'), dialog];
}
