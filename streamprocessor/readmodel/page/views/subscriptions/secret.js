// What a subscription signs with: a secret that is made here and told once, one that delivery finds, or none.

import {el} from '../../parts/element.js';
import {field} from '../../parts/fields.js';
import {showOnce} from '../../parts/shown_once.js';

const KEPT = /^kept:/;

// Returns {node, written()}: `secrets` or `signed` of the subscription.
export function secretFields({subscription, isNew}) {
  const secrets = subscription.secrets ?? [];
  const isKept = secrets.some((each) => KEPT.test(each));
  const present = isNew ? 'generate' : isKept ? 'kept' : secrets.length ? 'reference' : 'none';
  const references = el('input', {id: 'references', value: isKept ? '' : secrets.join(', '), autocomplete: 'off', spellcheck: 'false', placeholder: 'env:HOOK_SECRET'});
  const place = field('References, the newest first', references);
  const ways = [
    isKept && ['kept', 'With the secret that is kept here'],
    ['generate', isKept || (!isNew && secrets.length) ? 'Make a new secret; the one before signs beside it for a day' : 'Make a secret and show it once'],
    ['reference', 'With what delivery finds under env:NAME or file:NAME'],
    ['none', 'Not signed'],
  ].filter(Boolean).map(([way, title]) => [el('input', {type: 'radio', name: 'signing', value: way, checked: way === present, onchange: draw}), title]);
  draw();

  function chosen() {
    return ways.find(([radio]) => radio.checked)[0].value;
  }

  function draw() {
    place.hidden = chosen() !== 'reference';
    references.required = !place.hidden;
  }

  function written() {
    const way = chosen();
    if (way === 'generate') return {secrets: 'generate'};
    if (way === 'kept') return {secrets};
    return way === 'none' ? {signed: false} : {secrets: references.value.split(/\s*,\s*/).map((each) => each.trim()).filter(Boolean)};
  }

  return {
    node: el('fieldset', {class: 'stacked'}, el('legend', {}, 'Signature'), ways.map(([radio, title]) => el('label', {}, radio, ` ${title}`)), place),
    written,
  };
}

// A new secret, shown until it is said to be kept; then onclose() is called.
export function showSecret(secret, onclose) {
  showOnce(secret, {
    title: 'Its new secret',
    words: 'The receiver checks webhooks with it. It is not shown again: give it to the receiver now.',
    label: 'Secret',
    done: 'The receiver has it',
  }, onclose);
}
