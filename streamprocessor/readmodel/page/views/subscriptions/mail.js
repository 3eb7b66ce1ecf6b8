// People as the target of a subscription: to whom its mails go, and whether a day's are one mail.

import {suggestions} from '../../conditions/choices.js';
import {el} from '../../parts/element.js';
import {field} from '../../parts/fields.js';

const EIGHT = '08:00';

// email: as topics/schemas/subscription.json has it, or nothing. Returns {node, use(isUsed), written()}.
export function mailFields({email}) {
  const digest = email?.digest;
  const to = el('input', {id: 'to', value: (email?.to ?? []).join(', '), autocomplete: 'off', spellcheck: 'false', placeholder: 'sales@example.com, boss@example.com'});
  const daily = el('input', {type: 'checkbox', id: 'daily', checked: digest !== undefined, onchange: draw});
  const at = el('input', {type: 'time', id: 'at', value: digest?.at ?? EIGHT, required: true});
  const zone = el('input', {id: 'time-zone', list: 'time-zones', value: digest?.time_zone ?? here(), autocomplete: 'off', spellcheck: 'false'});
  const business = el('input', {type: 'checkbox', id: 'business-days', checked: digest?.business_days ?? true});
  const when = el('div', {class: 'row'}, field('At', at), field('Time zone', zone), suggestions('time-zones', zones()),
    el('label', {}, business, ' on business days alone'));
  draw();

  function draw() {
    when.hidden = !daily.checked;
    at.disabled = when.hidden; // what is not shown is not looked at before it is sent
  }

  function written() {
    const recipients = to.value.split(',').map((each) => each.trim()).filter(Boolean);
    const once = {at: at.value, time_zone: zone.value.trim(), business_days: business.checked};
    return {email: {to: recipients, ...(email?.from && {from: email.from}), ...(daily.checked && {digest: once})}};
  }

  const node = el('div', {class: 'stacked'}, field('To, with commas between', to),
    el('label', {}, daily, ' One mail a day, with all that was announced since the last one'), when);
  return {node, written, use: (isUsed) => { node.hidden = !isUsed; to.required = isUsed; }};
}

// To whom a subscription goes, in a few words.
export function targetOf({url, email}) {
  return email ? `${email.to.join(', ')}${email.digest ? `, a day's in one mail at ${email.digest.at}` : ''}` : url;
}

function here() {
  return Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC';
}

function zones() {
  return Intl.supportedValuesOf?.('timeZone') ?? [];
}
