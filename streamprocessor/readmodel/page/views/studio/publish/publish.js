// The draft put in force: what changes, what that silences, a word about it; and who was first, where somebody was.

import {ask} from '../../../parts/api.js';
import {el, tell} from '../../../parts/element.js';
import {field} from '../../../parts/fields.js';
import {wordAt} from '../draft/places.js';
import {inForce} from '../draft/session.js';
import {entry, nameOf} from '../fields/entries.js';
import {conflict} from './conflict.js';
import {differenceList, fromNowOn, silencedList} from './differences.js';
import {drafts} from './drafts.js';
import {shadow} from './shadow.js';

// onpublished(revision): it is in force.
export function publishStep({session, onat, signal}) {
  const changes = el('div', {'aria-live': 'polite'}, el('p', {class: 'quiet'}, 'Comparing'));
  const wrong = el('p', {class: 'refused'});
  const left = new AbortController();
  const problem = el('div', {role: 'alert'});
  const note = el('input', {id: 'publish-note', maxlength: 500, autocomplete: 'off', value: session.note, placeholder: 'why', onchange: ({target}) => { session.note = target.value.trim(); }});
  const announce = el('input', {type: 'checkbox', id: 'publish-announce'});
  const button = el('button', {type: 'button', class: 'main', id: 'publish-now', onclick: () => publish(session.basedOn)}, 'Publish');
  session.onchange(() => (changes.isConnected ? refresh() : left.abort()), left.signal); // an edit may be on its way
  refresh();
  return [
    el('h2', {}, 'Publish'),
    wrong, changes,
    el('div', {class: 'row bottom'}, entry({id: 'model-name', title: 'The model is called', place: wordAt(session, 'name'), read: (text) => (text ? nameOf(text) : undefined), placeholder: 'default'}), field('Note', note), button),
    el('label', {class: 'row flag-entry', for: 'publish-announce'}, announce, 'Announce those whom this makes hot, too'),
    el('p', {class: 'quiet hint'}, 'Else nobody is told of who becomes hot by it alone; what they do from then on counts as always.'),
    problem,
    drafts({session, signal, onopen: () => onat({step: 'points', rule: null})}),
    shadow({session, signal}),
  ];

  function refresh() {
    button.disabled = session.problems.length > 0;
    wrong.textContent = session.problems.length ? 'Something is wrong still: it stands beside, with its line.' : '';
    compare();
  }

  async function compare() {
    const {text} = session;
    if (session.problems.length) return changes.replaceChildren();
    try {
      const {against, differences, from_now_on: later, silenced} = await ask('/api/model/difference', {method: 'POST', body: {text}, signal});
      if (text !== session.text) return;
      changes.replaceChildren(...[el('p', {class: 'quiet'}, `Against revision ${against}, in force now.`, against !== session.basedOn && ` This draft was begun from revision ${session.basedOn}: somebody was quicker.`), differenceList(differences), fromNowOn(later), silencedList(silenced)].filter(Boolean));
    } catch (refusal) {
      if (refusal.name === 'AbortError') return;
      if (refusal.status === 401) throw refusal;
      changes.replaceChildren(el('p', {class: 'refused'}, refusal.message));
    }
  }

  async function publish(basedOn) {
    button.disabled = true;
    problem.replaceChildren();
    await session.edit(() => []); // what was typed last
    try {
      const body = {...(session.name && session.text === session.saved ? {draft: session.name, changed_at: session.changedAt} : {text: session.text}), based_on: basedOn, note: note.value.trim(), announce_hot_leads: announce.checked};
      const revision = await ask('/api/model/publish', {method: 'POST', body});
      session.tell({basedOn: revision.label, begun: session.text, saved: session.text, name: '', note: '', changedAt: null});
      onat({step: 'history'});
      tell(`Revision ${revision.label} is in force.`);
    } catch (refusal) {
      button.disabled = false;
      if (refusal.status === 401 || !refusal.status) throw refusal;
      const {in_force: other, differences} = refusal.content ?? {};
      problem.replaceChildren(other ? conflict({other, differences, onover: () => publish(other.label), onanew: anew}) : el('p', {class: 'refused lines'}, refusal.message));
      problem.querySelector('h3')?.focus();
    }
  }

  async function anew() {
    await session.begin(await inForce());
    onat({step: 'points', rule: null});
    tell('Begun anew from what is in force.');
  }
}
