// Where a subscription sends to, and in which shape.

import {options} from '../../conditions/choices.js';
import {el} from '../../parts/element.js';
import {choice, field} from '../../parts/fields.js';
import {mailFields} from './mail.js';

const [MAIL, SLACK] = ['mail', 'slack'];

// How the templates that come with it are spoken of.
const TEMPLATES = {
  cloudevents: 'cloudevents: all of it, as a CloudEvent', flat: 'flat: for Zapier, Make, n8n', lead: 'lead: the lead in words and figures',
  slack: 'slack: a message of Slack',
};

// templates: names, null where delivery is away. onway: is told whether it goes by mail. Returns {node, written()}: the
// words of the subscription about its target.
export function targetFields({subscription, templates, onway}) {
  const url = el('input', {id: 'url', value: subscription.url ?? '', autocomplete: 'off', spellcheck: 'false',
    placeholder: 'https://hooks.example.com/…', 'aria-describedby': 'url-hint'});
  const address = field('Address', url);
  address.append(el('span', {id: 'url-hint', class: 'hint quiet'}, 'https://…, or where delivery finds it: env:NAME, file:NAME.'));
  const present = (!subscription.email && subscription.template) || 'cloudevents';
  const names = options((templates ?? [present]).filter((each) => each !== MAIL), present).map(([name, title]) => [name, TEMPLATES[name] ?? title]);
  const template = choice('template', names, present);
  const message = field('Message', template);
  url.addEventListener('change', () => { if (isSlack(url.value) && names.some(([name]) => name === SLACK)) template.value = SLACK; });
  if (templates === null) message.append(el('span', {class: 'hint quiet'}, 'Delivery does not answer: the other templates are not known.'));
  const webhook = el('div', {class: 'stacked'}, address, message);
  const mail = mailFields(subscription);
  const [toProgram, toPeople] = [false, true].map((isMail) =>
    el('input', {type: 'radio', name: 'way', value: isMail ? MAIL : 'webhook', checked: Boolean(subscription.email) === isMail, onchange: draw}));
  draw();

  function draw() {
    webhook.hidden = toPeople.checked;
    url.required = toProgram.checked;
    mail.use(toPeople.checked);
    onway(toPeople.checked);
  }

  // A template of their own stays with the mails that had it.
  function written() {
    if (toProgram.checked) return {url: url.value.trim(), template: template.value};
    return {...mail.written(), ...(subscription.email && subscription.template && {template: subscription.template})};
  }

  return {
    node: el('fieldset', {class: 'stacked'}, el('legend', {}, 'Where to'),
      el('label', {}, toProgram, ' To a program or to Slack: a webhook'), el('label', {}, toPeople, ' To people: by mail'), webhook, mail.node),
    written,
  };
}

// Slack takes messages of its own shape alone.
function isSlack(url) {
  return URL.canParse(url) && new URL(url).hostname === 'hooks.slack.com';
}
