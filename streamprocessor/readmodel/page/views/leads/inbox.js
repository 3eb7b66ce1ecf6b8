// The inbox: hot leads that wait for somebody, what is due first, and what is done with them.

import {address} from '../../parts/address.js';
import {ask} from '../../parts/api.js';
import {el, empty, tell} from '../../parts/element.js';
import {count} from '../../parts/format.js';
import {again, drawn} from '../../parts/waiting.js';
import {leadRow} from './lead.js';
import {assignDialog, rejectDialog} from './lead_dialogs.js';

const AT_ONCE = 50;
const ALL = 'all';
const MINUTE_MS = 60_000;

export async function show({query, person, signal}) {
  const cursor = query.get('cursor');
  const chosen = chosenList(query, person);
  const mayWrite = person.scopes.includes('write');
  const list = el('div', {});
  const lists = el('nav', {class: 'lists', 'aria-label': 'Lists'});
  const pager = el('nav', {class: 'pager', 'aria-label': 'Pages'});
  const draw = drawn(list, ({page}) => leads(page));
  await look();
  again(signal, look);
  return [el('div', {class: 'title'}, el('h1', {}, 'Inbox'), lists), list, pager];

  async function look() {
    put(await asked());
  }

  function asked() {
    const {owner, ...rest} = chosen.query;
    return ask('/api/inbox', {query: {...rest, owner: owner === ALL ? null : owner, limit: AT_ONCE, cursor}, signal});
  }

  function put(page) {
    const focused = document.activeElement;
    const place = list.contains(focused) ? [...list.querySelectorAll('li')].indexOf(focused.closest('li')) : -1;
    const {id} = focused ?? {};
    lists.replaceChildren(...listLinks(page, chosen));
    pager.replaceChildren(...[
      cursor && el('a', {href: address({path: '/inbox', query: chosen.query})}, 'First ones'),
      page.next && el('a', {href: address({path: '/inbox', query: {...chosen.query, cursor: page.next}})}, 'More'),
    ].filter(Boolean));
    draw({page, minute: Math.floor(Date.now() / MINUTE_MS)}); // how long until then is said anew each minute
    if (place >= 0 && !list.contains(document.activeElement)) refocus(id, place);
  }

  // Focus stays on the button that is there again; else it goes to the lead that has come into its place.
  function refocus(id, place) {
    const rows = [...list.querySelectorAll('li')];
    const next = document.getElementById(id) ?? rows[Math.min(place, rows.length - 1)]?.querySelector('a, button')
      ?? document.querySelector('#main h1');
    next?.focus();
  }

  function leads(page) {
    if (!page.leads.length) return nobody(chosen);
    const titles = new Map(page.people.map(({name, title}) => [name, title]));
    const on = mayWrite ? {
      act: (lead, body, told) => act(lead, body, told),
      reject: (lead) => rejectDialog(lead, page.reasons, (reason) => act(lead, {act: 'rejected', reason}, 'is rejected')),
      assign: page.people.length > 0 && ((lead) => assignDialog(lead, page.people, (to) =>
        act(lead, {act: 'assigned', to}, `is ${titles.get(to)}’s`))),
    } : null;
    return el('ul', {class: 'leads', 'aria-label': chosen.title}, page.leads.map((lead) => leadRow(lead, {titles, me: person.name, on})));
  }

  async function act(lead, body, told) {
    const done = await ask(`/api/inbox/${lead.id}/acts`, {method: 'POST', body});
    tell(`${done.display_name ?? done.contact_id} ${told}.`);
    await shownAs(done);
  }

  // Kafka has it; the list is asked until it shows it.
  async function shownAs(done) {
    for (let attempt = 0; attempt < 20 && !signal.aborted; attempt += 1) {
      const page = await asked();
      const lead = page.leads.find(({id}) => id === done.id);
      if (!lead || lead.done.length >= done.done.length) return put(page);
      await new Promise((resolve) => { setTimeout(resolve, 250); });
    }
  }
}

const LISTS = [
  {key: 'mine', title: 'Mine', query: {owner: 'me'}},
  {key: 'all', title: 'All open', query: {owner: ALL}},
  {key: 'nobodys', title: 'Nobody’s', query: {owner: 'nobody'}},
  {key: 'overdue', title: 'Overdue', query: {owner: ALL, overdue: 'true'}},
  {key: 'closed', title: 'Closed', query: {owner: ALL, state: 'closed'}},
];

// Who takes leads begins with those that are theirs.
function chosenList(query, person) {
  const owner = query.get('owner') ?? (person.takes_leads ? 'me' : ALL);
  const state = query.get('state');
  const wanted = query.get('overdue') ? 'overdue' : state ? 'closed' : {me: 'mine', nobody: 'nobodys'}[owner] ?? 'all';
  return LISTS.find(({key}) => key === wanted);
}

function listLinks({counts, me}, chosen) {
  return LISTS.filter(({key}) => key !== 'mine' || me).map(({key, title, query}) =>
    el('a', {href: address({path: '/inbox', query}), 'aria-current': key === chosen.key ? 'page' : null},
      title, key in counts && el('span', {class: 'quiet'}, ` ${count(counts[key])}`)));
}

function nobody({key}) {
  const words = {
    mine: 'No lead of yours waits.', nobodys: 'Every open lead is somebody’s.', overdue: 'Nothing is overdue.',
    closed: 'No lead is accepted or rejected yet.', all: 'No hot lead waits.',
  };
  return empty(words[key], key !== 'closed' && el('p', {}, 'Who becomes hot is shown here at once, what is due first.'));
}
