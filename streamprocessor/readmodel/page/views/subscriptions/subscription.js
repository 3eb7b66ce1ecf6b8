// One subscription: how its receiver is, what it got, what it could not be given, and what it says.

import {askChoices, missing} from '../../conditions/choices.js';
import {go} from '../../parts/address.js';
import {ask} from '../../parts/api.js';
import {el, table, tell} from '../../parts/element.js';
import {ago, count, NOTHING} from '../../parts/format.js';
import {again, drawn} from '../../parts/waiting.js';
import {who} from '../../parts/who.js';
import {subscriptionForm} from './form.js';
import {away, stateOf} from './subscriptions.js';

export async function show({rest: name, person, signal}) {
  const path = `/api/subscriptions/${encodeURIComponent(name)}`;
  const mayWrite = person.scopes.includes('write');
  const state = el('div', {});
  const draw = drawn(state, (answer) => deliveries(answer, mayWrite ? tellDelivery : null));
  const [subscribed, choices] = await Promise.all([ask(path, {signal}), mayWrite ? askChoices(signal) : null, look()]);
  const mayChange = subscribed.source !== 'file' && mayWrite && subscribed.subscription;
  again(signal, look);
  return [
    el('h1', {}, name),
    state,
    missing(subscribed.missing),
    subscribed.source === 'file'
      ? el('p', {class: 'quiet'}, 'It is written in a file of delivery, of subscriptions or of the inbox, and changed there.')
      : mayChange && el('section', {}, el('h2', {}, 'Change it'), subscriptionForm({name, subscription: subscribed.subscription, choices})),
    subscribed.source !== 'file' && mayWrite && el('section', {}, el('h2', {}, 'End it'),
      el('p', {class: 'quiet'}, 'Nothing more is sent. What waits is kept as undeliverable.'),
      el('button', {class: 'danger', onclick: end}, `End ${name}`)),
  ].filter(Boolean);

  async function look() {
    draw(await ask(`${path}/deliveries`, {signal}).catch((problem) => {
      if (problem.code === 'delivery-away' || problem.status === 404) return {missing: problem.code};
      throw problem;
    }));
  }

  async function tellDelivery(word, sentence, body) {
    const answer = await ask(`${path}/${word}`, {method: 'POST', body});
    tell(sentence(answer));
    await look();
  }

  async function end() {
    await ask(path, {method: 'DELETE'});
    go('/subscriptions');
    tell(`${name} has ended.`);
  }
}

function deliveries(answer, tellDelivery) {
  if (answer.missing === 'delivery-away') return away();
  if (answer.missing) return el('p', {}, stateOf('new'));
  const {state, waiting, refused, recent, undeliverable} = answer;
  return [
    el('p', {class: 'row'}, stateOf(state), el('span', {class: 'quiet'}, `${count(waiting)} waiting`),
      tellDelivery && ['well', 'failing'].includes(state) && el('button', {onclick: () => tellDelivery('ping', () => 'A made-up hot lead is on its way.')}, 'Send a test'),
      tellDelivery && state === 'disabled' && el('button', {onclick: () => tellDelivery('enable', () => 'It is sent to again.')}, 'Enable')),
    refused && el('p', {class: 'refused lines'}, refused),
    (recent.length > 0 || state === 'well') && el('section', {}, el('h2', {}, 'Latest webhooks'), recent.length
      ? table('Latest webhooks', [['About', 'who'], ['Of', ''], ['Became', ''], ['Failed attempts', 'number'], ['Id', 'extra']], recent.map((each) => [
        about(each), ago(each.at), became(each), count(each.attempts), el('code', {}, each.webhook_id),
      ]))
      : el('p', {class: 'quiet'}, 'None yet. A test shows whether the receiver takes them.')),
    undeliverable.length > 0 && el('section', {},
      el('div', {class: 'title'}, el('h2', {}, `Undeliverable (${count(undeliverable.length)})`),
        tellDelivery && el('button', {onclick: () => resend()}, 'Send all again')),
      table('Undeliverable webhooks', [['About', 'who'], ['Of', ''], ['Reason', ''], ['Attempts', 'number'], ['Given up', ''], ['Again', ''], ['Id', 'extra']], undeliverable.map((each) => [
        about(each), ago(each.at), each.reason, count(each.attempts), ago(each.given_up_at),
        tellDelivery ? el('button', {onclick: () => resend([each.webhook_id]), 'aria-label': `Send ${each.webhook_id} again`}, 'Send again') : NOTHING,
        el('code', {}, each.webhook_id),
      ]))),
  ];

  function resend(ids) {
    return tellDelivery('resend', (answer) => `${count(answer.sent_again)} sent again.`, ids ? {webhook_ids: ids} : {});
  }
}

// Whom a webhook is about; an older delivery does not say.
function about(webhook) {
  return webhook.contact_id === null ? el('code', {}, webhook.webhook_id) : who(webhook);
}

function became({state, reason, next_attempt_at: next, delivered_at: arrived}) {
  if (state === 'delivered') return ['arrived ', ago(arrived)];
  return next ? [`failed (${reason}), again `, ago(next)] : 'waiting';
}
