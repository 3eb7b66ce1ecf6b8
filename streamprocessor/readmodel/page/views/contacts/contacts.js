// All contacts, sorted by a score, and those alone that are wanted.

import {described} from '../../conditions/filter_words.js';
import {address, go} from '../../parts/address.js';
import {ask} from '../../parts/api.js';
import {el, empty, table} from '../../parts/element.js';
import {decimalsSwitch, value} from '../../parts/format.js';
import {sampleEvent} from '../../parts/sample_event.js';
import {who} from '../../parts/who.js';
import {columnButton} from './column_dialog.js';
import {cell, chosenColumns, heading} from './columns.js';
import {csvMenu} from './csv_menu.js';
import {filterForm, filterOf, NARROWING, wantsAll} from './filters.js';
import {viewBar} from './saved_views.js';
import {segmentBar} from './segment_bar.js';
import {summaryCard} from './summary_card.js';

const AT_ONCE = 50;
const ATTRIBUTES_SHOWN = 3;
const ASKED = ['score', 'value', 'order', 'cursor', ...NARROWING];

export async function show(place) {
  const {query, signal} = place;
  const [{scores}, {segments}, {views}, {columns: available, complete}] = await Promise.all(
    ['scores', 'segments', 'views', 'columns'].map((what) => ask(`/api/${what}`, {signal})));
  const asAsked = new URLSearchParams(query);
  const score = scores.find(({name}) => name === query.get('score')) ?? scores[0];
  const values = score.by === null ? [] : (await ask(`/api/scores/${encodeURIComponent(score.name)}/values`)).values;
  if (score.by !== null && !query.get('value') && values.length) query.set('value', values[0].value);
  const page = score.by !== null && !values.length ? {contacts: [], next: null} : await pageOf(query, score, signal);
  const context = {scores, score, available, query};
  const columns = chosenColumns(query, context);
  return [
    el('div', {class: 'title'}, el('h1', {}, 'Contacts'),
      el('div', {class: 'row'}, columnButton({chosen: columns, available, complete}), csvMenu(query, columns))),
    el('div', {class: 'bar-of-list'},
      viewBar({views, query: asAsked, person: place.person}),
      segmentBar({segments, query, score, person: place.person})),
    el('details', {class: 'fold-filters', open: matchMedia('(min-width: 641px)').matches},
      el('summary', {}, wantsAll(query) ? 'Filter' : `Filter: ${described(filterOf(query, score))}`), filterForm({scores, score, values, query, attributes: available})),
    page.contacts.length ? [contactTable(page, columns, context, place), pager(page, query)] : nobody(query),
  ].flat();
}

async function pageOf(query, score, signal) {
  const name = query.get('segment');
  const asked = new URLSearchParams([...query].filter(([each]) => ASKED.includes(each)));
  asked.set('limit', AT_ONCE);
  if (name === null) return ask('/api/contacts', {query: asked, signal});
  for (const each of NARROWING) asked.delete(each);
  return (await ask(`/api/segments/${encodeURIComponent(name)}`, {query: asked, signal})).page;
}

function contactTable(page, columns, context, place) {
  const {score, query} = context;
  const list = table(`Contacts by ${score.name}`,
    [['Contact', 'who'], ...columns.map((word) => heading(word, context))],
    page.contacts.map((contact) => [[who(contact), known(contact)], ...columns.map((word) => cell(word, contact, context))]));
  const asked = {score: score.name, value: score.by === null ? '' : query.get('value')};
  const {card, offer} = summaryCard({asked, stages: score.stages, signal: place.signal});
  [...list.querySelectorAll('tbody tr')].forEach((row, index) => offer(row.querySelector('th a'), page.contacts[index].contact_id));
  return [list, card, el('div', {class: 'row end'}, decimalsSwitch(list))];
}

// What else is known at first sight; of whom has no name, the first attributes.
function known({attributes, suppressed, display_name: name}) {
  const shown = name ? [] : Object.entries(attributes).slice(0, ATTRIBUTES_SHOWN);
  return el('div', {class: 'known'},
    suppressed && el('span', {class: 'flag'}, 'suppressed'),
    shown.map(([attribute, content]) => el('span', {title: attribute}, value(content))));
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
