// One contact: its scores, how one of them came about and goes on, what it is made of, what the contact did.

import {address, contactAddress, goWith} from '../../parts/address.js';
import {ask, askContact, Problem} from '../../parts/api.js';
import {span} from '../../parts/chart.js';
import {el, table} from '../../parts/element.js';
import {choice, field} from '../../parts/fields.js';
import {ago, allDecimals, exactly, number, stage, value as shownValue} from '../../parts/format.js';
import {contactHeading} from '../../parts/who.js';
import {eraseButton} from './erasing.js';
import {explanationTable} from './explanation.js';
import {reachedBy} from './reach.js';
import {scoreChart, stageChanges} from './score_chart.js';
import {tiles} from './score_tiles.js';
import {timeline} from './timeline.js';

const AHEAD_MS = [60_000, 600_000, 3_600_000, 21_600_000, ...[1, 7, 30, 90, 365].map((days) => days * 86_400_000)];
const MONTH_MS = 30 * 86_400_000;

export async function show(place) {
  const {query, signal} = place;
  const id = query.get('contact_id') ?? place.rest;
  const [contact, {scores}] = await Promise.all([theContact(id, signal), ask('/api/scores', {signal})]);
  const chosen = chosenOf(contact, scores, query);
  const asked = {score: chosen.score.name, value: chosen.value};
  const [{explanation}, history, forecast] = await Promise.all([
    askContact(id, 'explanation', {query: {at: contact.at, score: asked.score}, signal}),
    askContact(id, 'history', {query: {limit: 200}, signal}),
    chosen.now && forecastOf(id, asked, Number(query.get('ahead')), signal),
  ]);
  const explained = explanation[asked.score];
  const parts = Array.isArray(explained) ? explained : explained[asked.value] ?? [];
  const title = asked.value ? `${asked.score} of ${asked.value}` : asked.score;
  return [
    head(contact, place),
    tiles(contact, scores, chosen),
    chosen.now && overTime({title, chosen, history, forecast}),
    chosen.now && el('section', {}, el('h2', {}, `What ${title} is made of`), explanationTable(title, chosen.now, parts)),
    await timeline({id, title, parts, signal}),
    attributes(contact),
  ];
}

async function theContact(id, signal) {
  try {
    return await askContact(id, '', {signal});
  } catch (problem) {
    if (problem.code !== 'no-such-contact') throw problem;
    throw new Problem(404, problem.code, `There is no contact ${id}. It has done nothing yet, was merged, or was erased.`);
  }
}

// The score that is looked at closely: the one in the address, else the first that is a number now.
function chosenOf(contact, scores, query) {
  const now = (score, value) => (value ? contact.scores[score.name]?.values?.[value] : contact.scores[score.name]);
  const score = scores.find(({name}) => name === query.get('score')) ?? scores.find((each) => each.by === null) ?? scores[0];
  const values = score.by === null ? [''] : Object.keys(contact.scores[score.name]?.values ?? {});
  const value = values.includes(query.get('value')) ? query.get('value') : values[0] ?? '';
  return {score, value, now: values.length ? now(score, value) : null};
}

// How it goes on, as far as its stage changes, unless the address says how far.
async function forecastOf(id, asked, ahead, signal) {
  const until = (length) => ({...asked, until: Date.now() + length});
  let length = ahead;
  if (!AHEAD_MS.includes(ahead)) {
    const far = await askContact(id, 'forecast', {query: {...until(AHEAD_MS.at(-1)), samples: 2}, signal});
    const changes = stageChanges(far);
    const last = changes.length ? Date.parse(changes.at(-1).at) - Date.parse(far.from) : MONTH_MS;
    length = AHEAD_MS.find((each) => each > last * 1.1) ?? AHEAD_MS.at(-1);
  }
  return {...await askContact(id, 'forecast', {query: until(length), signal}), length};
}

function head(contact, {person}) {
  return el('div', {class: 'title'},
    el('div', {}, contactHeading(contact),
      el('p', {class: 'quiet'}, contact.suppressed && [el('span', {class: 'flag'}, 'suppressed'), suppressedBy(contact.suppression), ' · '],
        contact.hot_since && ['hot since ', ago(contact.hot_since), ' · '], 'as of ', exactly(contact.at)),
      reachedBy(contact.attributes),
      contact.address_conflicts.map(({attribute, contact_id, display_name: name}) => el('p', {},
        el('span', {class: 'flag'}, 'conflict'), ' ',
        attribute ? `The address in ${attribute} is also that of ` : 'An address that it had before is also that of ',
        el('a', {href: contactAddress(contact_id)}, name ?? contact_id), name && ` (${contact_id})`,
        '. Who had it first has what is done under it; merge the two if they are one.'))),
    el('div', {class: 'row'},
      el('a', {
        href: address({path: '/api/contact/export', query: {contact_id: contact.contact_id}}), download: 'contact.json',
      }, 'Export'),
      person.scopes.includes('erase') && eraseButton(contact)));
}

function suppressedBy(suppression) {
  return suppression && [` by ${suppression.by} `, ago(suppression.since)];
}

function overTime({title, chosen, history: {steps}, forecast}) {
  const options = AHEAD_MS.map((each) => [String(each), span(each)]);
  const ahead = choice('ahead', options, String(forecast.length), (event) => goWith({ahead: event.target.value}));
  const changes = stageChanges(forecast);
  return el('section', {},
    el('div', {class: 'title'}, el('h2', {}, `${title} over time`), field('Ahead', ahead)),
    chosen.now.score !== null && scoreChart({...chosen, steps, forecast}),
    changes.length
      ? el('ul', {class: 'changes'}, changes.map((step) => el('li', {},
        stage(step.stage, chosen.score.stages), ` ${ago(step.at).textContent}, `, exactly(step.at),
        step.score === null ? '' : `, with ${number(step.score)}`)))
      : el('p', {class: 'quiet'}, `If nothing more happens, the stage stays ${chosen.now.stage ?? 'as it is'} in the next ${span(forecast.length)}.`),
    forecast.steps.length > 0 && el('details', {}, el('summary', {}, `All ${forecast.steps.length} steps to come`),
      table(`Steps of ${title} to come`, [['When', ''], ['Score', 'number'], ['Unrounded', 'number'], ['Stage', '']],
        forecast.steps.map((step) => [exactly(step.at), number(step.score), allDecimals(step.unrounded),
          stage(step.stage, chosen.score.stages)]))));
}

function attributes({attributes: values}) {
  const pairs = Object.entries(values);
  return el('section', {}, el('h2', {}, 'Attributes'), pairs.length
    ? el('dl', {}, pairs.map(([name, value]) => [el('dt', {}, name), el('dd', {}, shownValue(value))]))
    : el('p', {class: 'quiet'}, 'None is known. Send a contact update with ', el('code', {}, '"update": "attributes"'), '.'));
}
