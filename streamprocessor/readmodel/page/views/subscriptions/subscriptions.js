// Subscriptions: who gets webhooks of what, and how their receivers are.

import {askChoices, missing} from '../../conditions/choices.js';
import {conditions} from '../../conditions/subscription_words.js';
import {subscriptionAddress} from '../../parts/address.js';
import {ask} from '../../parts/api.js';
import {el, empty, table} from '../../parts/element.js';
import {count, NOTHING} from '../../parts/format.js';
import {again, drawn} from '../../parts/waiting.js';
import {subscriptionForm} from './form.js';
import {targetOf} from './mail.js';

export async function show({query, person, signal}) {
  const mayWrite = person.scopes.includes('write');
  if (mayWrite && query.has('new')) {
    return [el('h1', {}, 'New subscription'), subscriptionForm({choices: await askChoices(signal)})];
  }
  const list = el('div', {});
  const draw = drawn(list, (answer) => [answer.delivery === 'away' && away(), rows(answer.subscriptions, mayWrite)]);
  const look = async () => draw(await ask('/api/subscriptions', {signal}));
  await look();
  again(signal, look);
  return [
    el('div', {class: 'title'},
      el('h1', {}, 'Subscriptions'),
      mayWrite && el('a', {href: '/subscriptions?new'}, 'New subscription')),
    list,
  ];
}

export function away() {
  return el('p', {class: 'refused'}, 'Delivery does not answer, so how receivers are is not known and nothing is sent. Start it with ',
    el('code', {}, 'streamprocessor delivery'), '.');
}

const STATES = {
  well: 'Well', failing: 'Failing', disabled: 'Gone, disabled', refused: 'Refused', new: 'Not taken up yet',
};

export function stateOf(state) {
  return state === null ? NOTHING : el('span', {class: 'state', 'data-state': state}, STATES[state] ?? state);
}

function rows(subscriptions, mayWrite) {
  if (!subscriptions.length) return nobody(mayWrite);
  const columns = [['Name', 'who'], ['To', 'who'], ['What', ''], ['When', 'extra'], ['State', ''], ['Waiting', 'number']];
  return table('Subscriptions', columns, subscriptions.map(({name, subscription, state, waiting, refused, missing: gone}) => [
    el('a', {href: subscriptionAddress(name)}, name),
    subscription ? el('code', {}, targetOf(subscription)) : el('span', {class: 'quiet'}, 'in delivery’s file'),
    (subscription?.events ?? []).join(', ') || NOTHING,
    conditions(subscription?.when) || NOTHING,
    [stateOf(state), refused && el('p', {class: 'refused'}, refused), missing(gone)],
    waiting === null ? NOTHING : count(waiting),
  ]));
}

function nobody(mayWrite) {
  return empty('Nobody gets webhooks yet.',
    el('p', {}, 'A subscription sends each hot lead, or each change of a score, to an address: of Slack, Zapier, n8n, a CRM or a program of yours, or to people by mail.'),
    mayWrite
      ? el('p', {}, el('a', {href: '/subscriptions?new'}, 'New subscription'))
      : el('p', {}, 'To add one, sign in with a token that may write.'));
}
