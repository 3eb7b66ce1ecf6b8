// One lead of the inbox: who, why, by when, and what may be done.

import {ask} from '../../parts/api.js';
import {el} from '../../parts/element.js';
import {ago, number, reasons} from '../../parts/format.js';
import {who} from '../../parts/who.js';

const STATES = {new: 'New', seen: 'Seen', called: 'Called', accepted: 'Accepted', rejected: 'Rejected'};

// titles: of people by their names; on: what buttons do, null where one may only look.
export function leadRow(lead, {titles, me, on}) {
  const isOpen = !['accepted', 'rejected'].includes(lead.state);
  const title = lead.display_name ?? lead.contact_id;
  const isSeenByOwner = on && lead.state === 'new' && (!lead.owner || lead.owner === me);
  return el('li', {class: 'hot-lead', 'data-state': lead.state},
    el('div', {class: 'lead-who'}, whoIsIt(lead, isSeenByOwner)),
    el('div', {class: 'lead-why'},
      el('span', {}, `${lead.score_name} ${number(lead.score)}`),
      el('span', {class: 'quiet'}, reasons(lead.because))),
    el('div', {class: 'lead-when'}, isOpen ? due(lead) : closed(lead, titles),
      el('span', {class: 'quiet'}, isOpen ? `${STATES[lead.state]} · ${owner(lead, titles, me)}` : lead.reason)),
    on && el('div', {class: 'lead-acts'}, isOpen ? openActs(lead, title, on) : button(lead, 'Reopen', title, () =>
      on.act(lead, {act: 'reopened'}, 'is open again'))));
}

function whoIsIt(lead, isSeenByOwner) {
  const [link, ...below] = who(lead);
  link.id = `lead-${lead.id}`;
  if (isSeenByOwner) link.addEventListener('click', () => sawIt(lead));
  return [link, ...below];
}

function openActs(lead, title, on) {
  return [
    lead.state !== 'called' && button(lead, 'Called', title, () => on.act(lead, {act: 'called'}, 'is called')),
    button(lead, 'Accept', title, () => on.act(lead, {act: 'accepted'}, 'is accepted'), 'agree'),
    button(lead, 'Reject', title, () => on.reject(lead)),
    on.assign && button(lead, 'Assign', title, () => on.assign(lead)),
  ];
}

function button(lead, word, title, onclick, kind = null) {
  return el('button', {class: kind, id: `lead-${lead.id}-${word}`, 'aria-label': `${word}: ${title}`, onclick}, word);
}

function sawIt(lead) {
  ask(`/api/inbox/${lead.id}/acts`, {method: 'POST', body: {act: 'seen'}}).catch(() => {}); // it is looked at all the same
}

function due(lead) {
  if (!lead.due_at) return el('span', {}, 'Hot ', ago(lead.became_hot_at));
  if (lead.overdue) return el('span', {class: 'overdue'}, 'Overdue, due ', ago(lead.due_at));
  return el('span', {}, lead.state === 'called' ? 'Was due ' : 'Due ', ago(lead.due_at));
}

function closed(lead, titles) {
  const last = lead.done.at(-1);
  return el('span', {}, `${STATES[lead.state]} by ${titles.get(last.by) ?? last.by} `, ago(last.at));
}

function owner(lead, titles, me) {
  if (!lead.owner) return 'nobody’s yet';
  return lead.owner === me ? 'yours' : titles.get(lead.owner) ?? lead.owner;
}
