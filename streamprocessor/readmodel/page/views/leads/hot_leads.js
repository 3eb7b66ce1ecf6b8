// Who became hot: those of before, and those who do while one looks.

import {ask} from '../../parts/api.js';
import {el, empty, table} from '../../parts/element.js';
import {ago, number, reasons, stage} from '../../parts/format.js';
import {sampleEvent} from '../../parts/sample_event.js';
import {who} from '../../parts/who.js';

const STREAM = '/api/hot-leads/stream';
const AT_ONCE = 25;
const AGAIN_MS = 3_000;
const NAME_MS = 2_000;

export async function show({query, signal}) {
  const cursor = query.get('cursor');
  const [page, {scores}] = await Promise.all([
    ask('/api/hot-leads', {query: {limit: AT_ONCE, cursor}, signal}), ask('/api/scores', {signal}),
  ]);
  const stages = new Map(scores.map((score) => [score.name, score.stages]));
  const state = el('span', {class: 'live', role: 'status'});
  const list = el('div', {});
  const leads = page.hot_leads;
  const known = new Set(leads.map(idOf));
  const fresh = new Set();
  draw();
  if (!cursor) follow({signal, state, onLead: add, onGap: fill});

  function draw() {
    if (!leads.length) return list.replaceChildren(nobody());
    const columns = [['Contact', 'who'], ['Score', 'number'], ['Stage', ''], ['Because', 'extra'], ['When', '']];
    const rows = leads.map((lead) => [
      who(lead),
      [el('span', {class: 'quiet extra'}, `${lead.score_name} `), number(lead.score)],
      [stage(lead.stage, stages.get(lead.score_name)), lead.previous_stage && el('span', {class: 'quiet extra'}, ` from ${lead.previous_stage}`)],
      reasons(lead.because),
      ago(lead.at),
    ]);
    const leadsTable = table('Hot leads, the newest first', columns, rows);
    [...leadsTable.querySelectorAll('tbody tr')].forEach((row, index) => row.classList.toggle('fresh', fresh.has(idOf(leads[index]))));
    return list.replaceChildren(leadsTable);
  }

  function add(lead) {
    if (known.has(idOf(lead))) return named(lead);
    known.add(idOf(lead));
    fresh.add(idOf(lead));
    leads.unshift(lead);
    leads.splice(4 * AT_ONCE);
    // Of somebody new the announcement may be here before the contact that has the name.
    if (!lead.display_name) setTimeout(() => { if (!signal.aborted) fill().catch(() => {}); }, NAME_MS);
    return draw();
  }

  function named(lead) {
    const place = leads.findIndex((each) => idOf(each) === idOf(lead));
    if (place < 0 || leads[place].display_name || !lead.display_name) return;
    leads[place] = lead;
    draw();
  }

  // What came between the list and the stream.
  async function fill() {
    const {hot_leads: newest} = await ask('/api/hot-leads', {query: {limit: AT_ONCE}, signal});
    newest.reverse().forEach(add);
  }

  return [
    el('div', {class: 'title'}, el('h1', {}, 'Hot leads'), !cursor && state),
    list,
    el('nav', {class: 'pager', 'aria-label': 'Pages'},
      cursor && el('a', {href: '/hot-leads'}, 'Newest'),
      page.next && el('a', {href: `/hot-leads?cursor=${encodeURIComponent(page.next)}`}, 'Earlier')),
  ];
}

function idOf(lead) {
  return `${lead.contact_id} ${lead.score_name} ${lead.episode} ${lead.at}`;
}

// The stream, opened again for as long as the view is shown. Browsers do so by themselves where the connection broke;
// where the api said no, e.g. while it starts, it is asked again after a while.
function follow({signal, state, onLead, onGap}) {
  const source = new EventSource(STREAM);
  let later = null;
  source.addEventListener('open', () => {
    say('live', 'Live');
    onGap().catch(() => {});
  });
  source.addEventListener('became-hot-lead', (event) => onLead(JSON.parse(event.data)));
  source.addEventListener('error', () => {
    say('away', 'Connecting again');
    if (source.readyState !== EventSource.CLOSED) return;
    source.close();
    later = setTimeout(() => { if (!signal.aborted) follow({signal, state, onLead, onGap}); }, AGAIN_MS);
  });
  signal.addEventListener('abort', () => {
    source.close();
    clearTimeout(later);
  });

  function say(kind, words) {
    state.dataset.kind = kind;
    state.textContent = words;
  }
}

function nobody() {
  return empty('Nobody became hot yet.',
    el('p', {}, 'Who does is shown here at once: a contact whose score reaches the stage that ',
      el('code', {}, 'hot_lead'), ' names in the model. Try it with two contact forms:'),
    sampleEvent(2));
}
