// All contacts, sorted by a score, and those alone that are wanted.

import {address, contactAddress, go, goWith} from './address.js';
import {ask} from './api.js';
import {el, empty, table} from './element.js';
import {filterForm, wantsAll} from './filters.js';
import {ago, number, share, stage, trend, value} from './format.js';
import {sampleEvent} from './sample_event.js';
import {segmentBar} from './segments.js';
import {who} from './who.js';

const AT_ONCE = 50;
const ATTRIBUTES_SHOWN = 3;
const ASKED = ['score', 'value', 'order', 'stage', 'at_least', 'at_most', 'attribute', 'cursor'];

export async function show(place) {
  const {query, signal} = place;
  const [{scores}, {segments}] = await Promise.all([ask('/api/scores', {signal}), ask('/api/segments', {signal})]);
  const score = scores.find(({name}) => name === query.get('score')) ?? scores[0];
  const values = score.by === null ? [] : (await ask(`/api/scores/${encodeURIComponent(score.name)}/values`)).values;
  if (score.by !== null && !query.get('value') && values.length) query.set('value', values[0].value);
  const page = score.by !== null && !values.length ? {contacts: [], next: null} : await pageOf(query, score, signal);
  return [
    el('div', {class: 'title'}, el('h1', {}, 'Contacts'), searchForm()),
    segmentBar({segments, query, score, person: place.person}),
    filterForm({scores, score, values, query}),
    page.contacts.length ? [contactTable(page, score, query), pager(page, query)] : nobody(query),
  ].flat();
}

async function pageOf(query, score, signal) {
  const name = query.get('segment');
  const asked = new URLSearchParams([...query].filter(([each]) => ASKED.includes(each)));
  asked.set('limit', AT_ONCE);
  if (name === null) return ask('/api/contacts', {query: asked, signal});
  for (const each of ['stage', 'at_least', 'at_most', 'attribute']) asked.delete(each);
  return (await ask(`/api/segments/${encodeURIComponent(name)}`, {query: asked, signal})).page;
}

function searchForm() {
  const wanted = el('input', {id: 'search', type: 'search', required: true, autocomplete: 'off', spellcheck: 'false'});
  const send = (event) => {
    event.preventDefault();
    go(contactAddress(wanted.value));
  };
  return el('form', {role: 'search', class: 'row', onsubmit: send},
    el('label', {for: 'search'}, 'Contact id'), wanted, el('button', {}, 'Open'));
}

function contactTable(page, score, query) {
  const isRising = query.get('order') === 'asc';
  const sort = el('button', {class: 'sort', onclick: () => goWith({order: isRising ? '' : 'asc'})},
    page.value ? `${score.name}: ${page.value}` : score.name, isRising ? ' ▲' : ' ▼');
  const columns = [
    ['Contact', 'who'], [sort, 'number', {'aria-sort': isRising ? 'ascending' : 'descending'}],
    ['Relative', 'number relative'], ['Stage', ''], ['Trend', ''], ['Changed', 'extra'],
  ];
  return table(`Contacts by ${score.name}`, columns, page.contacts.map((contact) => [
    [who(contact), known(contact)],
    score.bounds.length || contact.score !== null ? number(contact.score) : stage(contact.stage, score.stages),
    share(contact.relative),
    stage(contact.stage, score.stages),
    trend(contact.score, contact.previous),
    ago(contact.changed_at ?? contact.updated_at),
  ]));
}

// What else is known of a contact than its name and what stands below that.
function known({attributes, suppressed, display_name: name, subtitle}) {
  const said = `${name} ${subtitle}`;
  const more = Object.entries(attributes).filter(([, content]) => typeof content !== 'string' || !said.includes(content));
  const shown = more.slice(0, ATTRIBUTES_SHOWN);
  return el('div', {class: 'known'},
    suppressed && el('span', {class: 'flag'}, 'suppressed'),
    shown.map(([name, content]) => el('span', {title: name}, value(content))));
}

function pager(page, query) {
  const before = history.state?.before;
  const next = new URLSearchParams(query);
  next.set('cursor', page.next ?? '');
  const onNext = (event) => {
    event.preventDefault();
    go(address({path: '/contacts', query: next}), {state: {before: location.search}});
  };
  const first = new URLSearchParams(query);
  first.delete('cursor');
  if (!page.next && !query.has('cursor')) return null;
  return el('nav', {class: 'pager', 'aria-label': 'Pages'},
    query.has('cursor') && el('a', {href: address({path: '/contacts', query: first})}, 'First'),
    before !== undefined && el('button', {onclick: () => history.back()}, 'Previous'),
    page.next && el('a', {href: address({path: '/contacts', query: next}), onclick: onNext}, 'Next'));
}

function nobody(query) {
  if (!wantsAll(query) || query.has('segment')) {
    return empty('No contact is like this.', el('p', {}, el('a', {href: '/contacts'}, 'Show all contacts')));
  }
  return empty('No contacts yet.',
    el('p', {}, 'A contact is here within a second of its first event. Send one to the collector:'),
    sampleEvent(),
    el('p', {}, 'or play traffic: ', el('code', {}, 'streamprocessor simulate --rate 20')));
}
