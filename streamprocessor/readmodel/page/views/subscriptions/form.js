// A subscription, written by choosing.

import {go, subscriptionAddress} from '../../parts/address.js';
import {ask} from '../../parts/api.js';
import {el, tell} from '../../parts/element.js';
import {field} from '../../parts/fields.js';
import {conditionFields} from './conditions.js';
import {secretFields, showSecret} from './secret.js';
import {targetFields} from './target.js';
import {trial} from './trial.js';

// The form of a new one, or of the one of that name as it is. choices: as of choices.js.
export function subscriptionForm({name, subscription = {events: ['became-hot-lead']}, choices}) {
  const isNew = name === undefined;
  const named = el('input', {id: 'name', required: true, pattern: '[A-Za-z0-9][A-Za-z0-9_.\\-]{0,63}', autocomplete: 'off', placeholder: 'crm'});
  const signature = secretFields({subscription, isNew});
  const parts = [
    conditionFields({subscription, choices}),
    targetFields({subscription, templates: choices.templates, onway: (isMail) => { signature.node.hidden = signature.node.disabled = isMail; }}),
    signature,
  ];
  const refused = el('p', {class: 'refused lines', role: 'alert'});
  const keeper = el('button', {class: 'main'}, 'Save');
  return el('form', {class: 'written', onsubmit: keep},
    isNew && field('Name', named),
    parts.map(({node}) => node),
    trial({read: () => ({name: nameNow() || 'draft', subscription: written()})}),
    refused,
    el('div', {class: 'row'}, keeper, isNew && el('a', {href: '/subscriptions'}, 'Cancel')));

  function nameNow() {
    return isNew ? named.value.trim() : name;
  }

  // As topics/schemas/subscription.json has it.
  function written() {
    return Object.assign({}, ...parts.filter(({node}) => !node.hidden).map((part) => part.written()));
  }

  async function keep(event) {
    event.preventDefault();
    refused.textContent = '';
    keeper.disabled = true;
    const kept = nameNow();
    try {
      const {secret} = await ask(`/api/subscriptions/${encodeURIComponent(kept)}`, {method: 'PUT', body: written()});
      if (secret) showSecret(secret, () => done(kept));
      else done(kept);
    } catch (problem) {
      if (!problem.status || problem.status === 401) throw problem;
      refused.textContent = problem.message;
      refused.scrollIntoView({block: 'nearest'});
    } finally {
      keeper.disabled = false;
    }
  }

  function done(kept) {
    go(subscriptionAddress(kept));
    tell(isNew ? `${kept} is added.` : `${kept} is changed.`);
  }
}
