// Signing in: by a link that is good once, or by a token.

import {signIn, signInByLink} from './parts/api.js';
import {el} from './parts/element.js';

const LINK_PATH = '/sign-in';

// Where the address is such a link: {signedIn} by it, or {refusal}, why not. It leaves the address before it is used.
export async function signInByAddress() {
  if (location.pathname !== LINK_PATH) return {};
  const link = location.hash.slice(1);
  history.replaceState(null, '', '/');
  if (!link) return {};
  try {
    return {signedIn: await signInByLink(link)};
  } catch (problem) {
    return {refusal: problem.code === 'link-over' ? linkOver() : problem.message};
  }
}

// Resolves with who signed in; main: where the form goes; refusal: why a link did not do.
export function signInForm(main, refusal = '') {
  return new Promise((resolve) => {
    const token = el('input', {
      id: 'token', type: 'password', name: 'token', required: true, autocomplete: 'current-password',
      'aria-describedby': 'token-where',
    });
    const refused = el('p', {class: 'refused', role: 'alert'}, refusal);
    const form = el('form', {class: 'sign-in', onsubmit: send},
      el('h1', {tabindex: '-1'}, 'Sign in'),
      refused,
      el('label', {for: 'token'}, 'Token'), token,
      el('button', {class: 'main'}, 'Sign in'),
      el('div', {id: 'token-where', class: 'quiet'},
        el('p', {}, 'Paste the token that you were given. Whoever runs this page can make you one, under Access in the menu that bears their name.'),
        el('p', {}, 'If you run it yourself, type ', el('code', {}, 'streamprocessor sign-in'),
          ' where you started it: it prints an address that signs you in. The line in ',
          el('code', {}, '.streamprocessor/api-tokens'), ' does, too, just as it stands there.')));

    async function send(event) {
      event.preventDefault();
      refused.textContent = '';
      try {
        resolve(await signIn(token.value));
      } catch (problem) {
        refused.textContent = problem.status === 401 ? 'This token is not known here: it may have been revoked, or its time is over.' : problem.message;
        token.select();
      }
    }

    main.replaceChildren(form);
    document.title = 'Sign in · streamprocessor';
    token.focus();
  });
}

function linkOver() {
  return [
    'This link was used, or is older than 15 minutes. ', el('code', {}, 'streamprocessor sign-in'),
    ' prints a new one, on the machine where all this runs.',
  ];
}
