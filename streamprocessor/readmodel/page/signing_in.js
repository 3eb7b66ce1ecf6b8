// Asks for a token, once.

import {signIn} from './parts/api.js';
import {el} from './parts/element.js';

// Resolves with who signed in; main: where the form goes.
export function signInForm(main) {
  return new Promise((resolve) => {
    const token = el('input', {
      id: 'token', type: 'password', name: 'token', required: true, autocomplete: 'current-password',
      'aria-describedby': 'token-where',
    });
    const refused = el('p', {class: 'refused', role: 'alert'});
    const form = el('form', {class: 'sign-in', onsubmit: send},
      el('h1', {tabindex: '-1'}, 'Sign in'),
      el('label', {for: 'token'}, 'Token'), token,
      el('p', {id: 'token-where', class: 'quiet'},
        'One of STREAMPROCESSOR_API_TOKENS. On this machine the api makes one at its first start: ',
        el('code', {}, '.streamprocessor/api-tokens'), ', what stands behind ', el('code', {}, 'local='), '.'),
      refused,
      el('button', {class: 'main'}, 'Sign in'));

    async function send(event) {
      event.preventDefault();
      refused.textContent = '';
      try {
        resolve(await signIn(token.value.trim()));
      } catch (problem) {
        refused.textContent = problem.status === 401 ? 'This token is not known here.' : problem.message;
        token.select();
      }
    }

    main.replaceChildren(form);
    document.title = 'Sign in · streamprocessor';
    token.focus();
  });
}
