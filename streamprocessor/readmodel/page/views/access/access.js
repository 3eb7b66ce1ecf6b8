// Who may sign in: tokens of the settings, and those that are made and revoked here.

import {address, go} from '../../parts/address.js';
import {ask} from '../../parts/api.js';
import {el, table, tell} from '../../parts/element.js';
import {ago, NOTHING} from '../../parts/format.js';
import {revokeButton} from './revoking.js';
import {inOrder} from './scopes.js';
import {tokenForm} from './token_form.js';

export async function show({query, person, signal}) {
  const [{tokens}, people] = await Promise.all([ask('/api/tokens', {signal}), peopleOfInbox(person, signal)]);
  const mine = tokens.find((token) => token.is_mine);
  if (query.has('new')) return [el('h1', {}, 'New token'), tokenForm({mine, people, name: query.get('name') ?? ''})];
  const withName = new Set(tokens.map(({name}) => name));
  return [
    el('div', {class: 'title'}, el('h1', {}, 'Access'), el('a', {href: '/access?new'}, 'New token')),
    el('p', {class: 'quiet'}, 'Everybody who signs in here, and every program that asks for contacts, has a token of its own: lists and the audit say by it who did what.'),
    table('Tokens', [['Name', ''], ['May', ''], ['Expires', ''], ['Last used', 'extra'], ['Made', 'extra'], ['Revoke', '']],
      tokens.map((token) => row(token, dropped))),
    waiting(people.filter(({name}) => !withName.has(name))),
  ];
}

function row(token, ondropped) {
  return [
    [el('span', {class: 'who-name'}, token.name), token.is_mine && el('span', {class: 'quiet'}, ' (you)')],
    inOrder(token.scopes).join(', '),
    token.expires_at ? expiry(token.expires_at) : 'never',
    token.from === 'settings' ? NOTHING : token.last_used_at ? ago(token.last_used_at) : 'not yet',
    token.from === 'settings' ? 'in the settings' : [ago(token.made_at), ` by ${token.made_by}`],
    token.id ? revokeButton(token, ondropped) : '',
  ];
}

function expiry(instant) {
  return Date.parse(instant) <= Date.now() ? el('span', {class: 'refused'}, 'is over') : ago(instant);
}

function dropped(token) {
  go('/access');
  tell(`The token of ${token.name} is revoked: nobody gets in by it any more.`);
}

// People to whom leads go, and who can't sign in yet.
function waiting(people) {
  if (!people.length) return null;
  return el('section', {}, el('h2', {}, 'Takes leads, and can’t sign in yet'),
    el('ul', {}, people.map(({name, title}) => el('li', {}, title === name ? name : `${title} (${name})`, ' ',
      el('a', {href: address({path: '/access', query: {new: '1', name}}), 'aria-label': `Make a token for ${title}`}, 'Make a token')))));
}

async function peopleOfInbox(person, signal) {
  if (!person.scopes.includes('read')) return [];
  return (await ask('/api/inbox', {query: {limit: 1}, signal})).people;
}
