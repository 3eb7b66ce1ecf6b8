// A subscription as people write it down.

import {go, subscriptionAddress} from './address.js';
import {ask} from './api.js';
import {el, tell} from './element.js';
import {choice, field} from './filters.js';

const EVENTS = [['became-hot-lead', 'Hot leads'], ['score-updated', 'Every change of a score']];
const TEMPLATES = ['cloudevents', 'flat', 'lead', 'slack'];
const ASKED = ['score', 'from', 'to', 'score_at_least', 'change_at_least', 'segment'];
const WRITTEN = ['url', 'events', 'template', 'when', 'secrets', 'signed', 'suppressed'];

// The form of a new one, or of the one of that name as it is.
export function subscriptionForm({name, subscription = {events: ['became-hot-lead']}}) {
  const when = subscription.when ?? {};
  const attribute = oneAttribute(when.attributes);
  const asked = attribute ? [...ASKED, 'attributes'] : ASKED;
  const others = without(when, asked);
  const [[moved, segment]] = Object.entries(when.segment ?? {'': ''});
  const refused = el('p', {class: 'refused lines', role: 'alert'});
  const form = el('form', {class: 'written', onsubmit: keep},
    name === undefined && field('Name', el('input', {id: 'name', required: true, pattern: '[A-Za-z0-9][A-Za-z0-9_.\\-]{0,63}', autocomplete: 'off', placeholder: 'crm'})),
    text('url', 'Address', subscription.url, {required: true, placeholder: 'https://hooks.example.com/…'}, 'https://…, or where delivery finds it: env:NAME, file:NAME.'),
    el('fieldset', {}, el('legend', {}, 'What is sent'), EVENTS.map(([event, title]) => el('label', {},
      el('input', {type: 'checkbox', name: 'event', value: event, checked: subscription.events.includes(event)}), ` ${title}`))),
    el('fieldset', {}, el('legend', {}, 'Only when (all of it; what is empty is not asked)'),
      text('score', 'Score', when.score, {placeholder: 'engagement'}),
      text('from', 'From stage', listed(when.from), {placeholder: 'warm'}),
      text('to', 'To stage', listed(when.to), {placeholder: 'hot'}),
      figure('score_at_least', 'Score at least', when.score_at_least),
      figure('change_at_least', 'Change at least', when.change_at_least),
      field('Of a segment', choice('moved', [['', 'whatever'], ['entered', 'entered'], ['left', 'left']], moved)),
      text('segment', 'Segment of the model', segment, {placeholder: 'decision-makers'}),
      attribute && text('attribute', 'Attribute', attribute.attribute, {placeholder: 'company'}),
      attribute && text('equals', 'Attribute is', attribute.equals, {placeholder: 'ACME'}),
      el('label', {class: 'whole'}, el('input', {type: 'checkbox', id: 'suppressed', checked: subscription.suppressed === 'send'}),
        ' Changes of suppressed contacts, too')),
    Object.keys(others).length > 0 && el('p', {class: 'quiet'}, `Kept as they are: ${conditions(others)}`),
    text('template', 'Template', subscription.template ?? 'cloudevents', {list: 'templates', required: true}, `${TEMPLATES.join(', ')}, or a YAML file below delivery’s folder.`),
    el('datalist', {id: 'templates'}, TEMPLATES.map((each) => el('option', {value: each}))),
    text('secrets', 'Secrets', listed(subscription.secrets), {placeholder: 'env:HOOK_SECRET'}, 'Where delivery finds what it signs with, the newest first: env:NAME, file:NAME. Empty: not signed.'),
    refused,
    el('div', {class: 'row'}, el('button', {class: 'main'}, name === undefined ? 'Add' : 'Change'), name === undefined && el('a', {href: '/subscriptions'}, 'Cancel')));

  async function keep(event) {
    event.preventDefault();
    refused.textContent = '';
    const subscriptionName = name ?? valueOf('name');
    try {
      await ask(`/api/subscriptions/${encodeURIComponent(subscriptionName)}`, {method: 'PUT', body: written()});
    } catch (problem) {
      if (!problem.status || problem.status === 401) throw problem;
      refused.textContent = problem.message;
      return;
    }
    go(subscriptionAddress(subscriptionName));
    tell(name === undefined ? `${subscriptionName} is added.` : `${subscriptionName} is changed.`);
  }

  // As topics/schemas/subscription.json has it.
  function written() {
    const asked = {
      score: valueOf('score'), from: words('from'), to: words('to'),
      score_at_least: amount('score_at_least'), change_at_least: amount('change_at_least'),
      segment: valueOf('moved') ? {[valueOf('moved')]: valueOf('segment')} : {},
      attributes: attribute && valueOf('attribute') ? [{attribute: valueOf('attribute'), equals: valueOf('equals')}] : [],
    };
    const conditionsAsked = {...others, ...Object.fromEntries(Object.entries(asked).filter(([, each]) => !isEmpty(each)))};
    const secrets = words('secrets');
    return {
      ...without(subscription, WRITTEN),
      url: valueOf('url'),
      events: [...form.querySelectorAll('[name=event]:checked')].map((each) => each.value),
      template: valueOf('template'),
      ...(form.querySelector('#suppressed').checked ? {suppressed: 'send'} : {}),
      ...(isEmpty(conditionsAsked) ? {} : {when: conditionsAsked}),
      ...(secrets.length ? {secrets} : {signed: false}),
    };
  }

  function valueOf(id) {
    return form.querySelector(`#${id}`).value.trim();
  }

  function words(id) {
    return valueOf(id).split(/\s*,\s*/).filter(Boolean);
  }

  function amount(id) {
    return valueOf(id) === '' ? '' : Number(valueOf(id));
  }

  return form;
}

// "stage to hot, score at least 40": what is asked of announcements besides their kind.
export function conditions(when) {
  return Object.entries(when ?? {}).map(([name, condition]) =>
    `${name.replaceAll('_', ' ')} ${[condition].flat().map((each) => (typeof each === 'object' ? JSON.stringify(each) : each)).join(' or ')}`).join(', ');
}

// The one condition on an attribute that the form can show; null: there are others.
function oneAttribute(attributes = []) {
  const [first = {attribute: '', equals: ''}] = attributes;
  return attributes.length <= 1 && typeof first.equals === 'string' ? first : null;
}

function without(values, words) {
  return Object.fromEntries(Object.entries(values).filter(([word]) => !words.includes(word)));
}

function text(id, title, value, more = {}, hint = null) {
  const labelled = field(title, el('input', {id, value: value ?? '', autocomplete: 'off', 'aria-describedby': hint && `${id}-hint`, ...more}));
  if (hint) labelled.append(el('span', {id: `${id}-hint`, class: 'hint quiet'}, hint));
  return labelled;
}

function figure(id, title, value) {
  return text(id, title, value, {type: 'number', step: 'any', class: 'short'});
}

function listed(value) {
  return [value ?? []].flat().join(', ');
}

function isEmpty(value) {
  return value === '' || (typeof value === 'object' && Object.keys(value).length === 0);
}
