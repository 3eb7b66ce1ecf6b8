// What a contact did, the newest first.

import {askContact} from '../../parts/api.js';
import {el, table} from '../../parts/element.js';
import {ago, digits, exactly, NOTHING, value} from '../../parts/format.js';

const AT_ONCE = 25;

// parts: what events give to the score that is looked at.
export async function timeline({id, title, parts, signal}) {
  const first = await askContact(id, 'events', {query: {limit: AT_ONCE}, signal});
  const points = new Map(parts.filter((part) => part.event_id !== undefined).map((part) => [part.event_id, part.points]));
  const columns = [['What', ''], ['When', ''], ['Who', ''], ['Points', 'number', {title: `What it gives to ${title} now`}], ['Details', 'extra']];
  const rows = (events) => table('Events', columns, events.map((event) => [
    event.type, ago(event.occurred_at), event.class,
    points.has(event.id) ? digits(points.get(event.id)) : NOTHING, details(event, id)]));
  if (!first.events.length && !first.earlier_until) {
    return el('section', {}, el('h2', {}, 'Timeline'), el('p', {class: 'quiet'}, 'No events are kept of this contact.'), unscored(first.unscored));
  }
  const shownRows = rows(first.events);
  const more = el('div', {class: 'pager'});
  offer(first);

  function offer({next, earlier_until: earlier}) {
    if (next) more.replaceChildren(el('button', {onclick: () => load(next)}, 'Earlier events'));
    else more.replaceChildren(earlier ? el('p', {class: 'quiet'}, 'Events up to ', exactly(earlier), ' may be kept as sums only.') : '');
  }

  async function load(cursor) {
    const page = await askContact(id, 'events', {query: {limit: AT_ONCE, cursor}, signal});
    const added = [...rows(page.events).querySelectorAll('tbody tr')];
    shownRows.querySelector('tbody').append(...added);
    added[0]?.setAttribute('tabindex', '-1');
    added[0]?.focus();
    offer(page);
  }

  return el('section', {}, el('h2', {}, 'Timeline'), shownRows, more, unscored(first.unscored));
}

function details(event, id) {
  const words = Object.entries(event.kept).map(([path, content]) => `${path.replace(/^(properties|context)\./, '')}: ${value(content)}`);
  if (event.came_under !== id) words.push(`as ${event.came_under}`);
  const why = event.uncounted.map(reason).join('; ');
  return why ? [words.join(', '), el('div', {class: 'quiet'}, `Gives nothing: ${why}`)] : words.join(', ');
}

const REASONS = {'no-rule': 'no rule asks for this type', scanner: 'a program did it', proxy: 'a mail proxy opened it'};

function reason({reason: why, rule, path, operator, how, repeats}) {
  if (why in REASONS) return REASONS[why];
  if (why === 'repeat') return `it repeats ${repeats}`;
  if (why === 'limit') return `the limit of ${rule} is reached`;
  if (operator === 'any') return `${rule}: none of its alternatives holds`;
  const was = {missing: 'is not there', type: `is of a type that ${operator} never holds for`, value: `is not what ${operator} wants`}[how];
  return `${rule}: ${path} ${was}`;
}

function unscored(types) {
  if (!types.length) return '';
  const words = types.map(({type, events, last_at: last}) => el('li', {}, `${type}: ${events}, the last `, ago(last)));
  return [el('p', {class: 'quiet'}, 'No rule asks for these types, so they are counted only:'), el('ul', {class: 'quiet'}, words)];
}
