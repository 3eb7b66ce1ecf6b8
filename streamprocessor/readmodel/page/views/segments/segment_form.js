// A segment, made or changed by choosing, with how many contacts it holds.

import {attributeConditions} from '../../conditions/attribute_conditions.js';
import {said} from '../../conditions/choices.js';
import {scoreConditions} from '../../conditions/score_conditions.js';
import {go} from '../../parts/address.js';
import {ask} from '../../parts/api.js';
import {el, tell} from '../../parts/element.js';
import {choice, field, nameInput} from '../../parts/fields.js';
import {count} from '../../parts/format.js';

const PAUSE_MS = 300;

// The form of a new one, or of the one of that name; choices: as of choices.js; signal: of the view.
export function segmentForm({name, filter = {}, choices, signal}) {
  const isNew = name === undefined;
  const named = nameInput('segment-name', {placeholder: 'warm companies'});
  const scores = scoreConditions({conditions: filter.scores, scores: choices.scores, onchange: recount});
  const attributes = attributeConditions({conditions: filter.attributes, attributes: choices.attributes, onchange: recount});
  const suppression = choice('suppressed', [['', 'suppressed or not'], ['false', 'not suppressed'], ['true', 'suppressed']], String(filter.suppressed ?? ''));
  const counted = el('p', {class: 'counted', role: 'status'}, 'Counting');
  const refused = el('p', {class: 'refused lines', role: 'alert'});
  let timer = null;
  let asked = new AbortController();
  signal.addEventListener('abort', () => { clearTimeout(timer); asked.abort(); });
  look();
  return el('form', {class: 'written', onsubmit: keep, oninput: recount, onchange: recount},
    isNew && field('Name', named),
    el('fieldset', {}, el('legend', {}, 'Scores (all of it holds)'), scores.node),
    el('fieldset', {}, el('legend', {}, 'Attributes (all of it holds)'), attributes.node),
    field('Contacts that are', suppression),
    counted, refused,
    el('div', {class: 'row'}, el('button', {class: 'main'}, 'Save'), el('a', {href: '/segments'}, 'Cancel')));

  function written() {
    const suppressed = suppression.value === '' ? undefined : suppression.value === 'true';
    return said({scores: scores.written(), attributes: attributes.written(), suppressed});
  }

  function recount() {
    clearTimeout(timer);
    timer = setTimeout(look, PAUSE_MS);
  }

  async function look() {
    asked.abort();
    const mine = asked = new AbortController();
    try {
      const {count: contacts} = await ask('/api/segments/count', {method: 'POST', body: written(), signal: mine.signal});
      counted.textContent = contacts === 1 ? '1 contact' : `${count(contacts)} contacts`;
      refused.textContent = '';
    } catch (problem) {
      if (mine.signal.aborted) return;
      if (!problem.status || problem.status === 401) throw problem;
      counted.textContent = 'Nobody can be counted yet';
      refused.textContent = problem.message;
    }
  }

  async function keep(event) {
    event.preventDefault();
    const kept = isNew ? named.value.trim() : name;
    try {
      await ask(`/api/segments/${encodeURIComponent(kept)}`, {method: 'PUT', body: written()});
    } catch (problem) {
      if (!problem.status || problem.status === 401) throw problem;
      refused.textContent = problem.message;
      return;
    }
    go('/segments');
    tell(`Segment ${kept} is saved.`);
  }
}
