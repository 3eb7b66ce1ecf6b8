// Where a subscription sends to, and in which shape.

import {options} from './choices.js';
import {el} from './element.js';
import {choice, field} from './filters.js';

// How the templates that come with it are spoken of.
const TEMPLATES = {
  cloudevents: 'cloudevents: all of it, as a CloudEvent', flat: 'flat: for Zapier, Make, n8n', lead: 'lead: the lead in words and figures',
  slack: 'slack: a message of Slack',
};

// templates: names, null where delivery is away. Returns {node, written()}: the words of the subscription about its target.
export function targetFields({subscription, templates}) {
  const url = el('input', {id: 'url', value: subscription.url ?? '', required: true, autocomplete: 'off', spellcheck: 'false',
    placeholder: 'https://hooks.example.com/…', 'aria-describedby': 'url-hint'});
  const address = field('Address', url);
  address.append(el('span', {id: 'url-hint', class: 'hint quiet'}, 'https://…, or where delivery finds it: env:NAME, file:NAME.'));
  const present = subscription.template ?? 'cloudevents';
  const names = options(templates ?? [present], present).map(([name, title]) => [name, TEMPLATES[name] ?? title]);
  const template = choice('template', names, present);
  const message = field('Message', template);
  if (templates === null) message.append(el('span', {class: 'hint quiet'}, 'Delivery does not answer: the other templates are not known.'));
  return {
    node: el('fieldset', {class: 'stacked'}, el('legend', {}, 'Where to'), address, message),
    written: () => ({url: url.value.trim(), template: template.value}),
  };
}
