// What was in force, by whom and why, with what each changed; and back to one of them.

import {ask} from '../../../parts/api.js';
import {el, empty, tell} from '../../../parts/element.js';
import {ago} from '../../../parts/format.js';
import {differenceList} from './differences.js';

export function historyStep({session, signal, onat}) {
  const list = el('div', {'aria-busy': 'true'});
  look();
  return [el('h2', {}, 'History'), list];

  async function look() {
    const {revisions} = await ask('/api/model/revisions', {signal});
    const now = revisions.find(({in_force: isNow}) => isNow);
    list.replaceChildren(revisions.length ? el('ol', {class: 'plain revisions', reversed: true}, revisions.map((each) => item(each, now))) : empty('There is no revision yet.'));
    list.removeAttribute('aria-busy');
  }

  function item(revision, now) {
    const {label, author, note, origin, applied_at: at, in_force: isNow} = revision;
    const place = el('div', {});
    const fold = el('details', {id: `revision-${label}`}, el('summary', {}, 'What it changed'), place);
    fold.addEventListener('toggle', () => show(label, place), {once: true});
    return el('li', {}, el('div', {class: 'row revision'}, el('strong', {}, `Revision ${label}`), isNow && el('span', {class: 'flag'}, 'in force'),
      el('span', {}, author || origin || '', ', ', ago(at)), note && el('span', {class: 'revision-note'}, note)),
    fold,
    el('div', {class: 'row'},
      el('button', {type: 'button', 'aria-label': `Draft from revision ${label}`, onclick: () => draft(label, now)}, 'Draft from it'),
      !isNow && rollBack(label, now)));
  }

  async function show(label, place) {
    const {differences} = await ask(`/api/model/revisions/${encodeURIComponent(label)}`, {signal});
    place.replaceChildren(differenceList(differences, `What revision ${label} changed`));
  }

  async function draft(label, now) {
    const {text} = await ask(`/api/model/revisions/${encodeURIComponent(label)}`, {signal});
    await session.begin({text, basedOn: now.label});
    onat({step: 'points', rule: null});
    tell(`A draft from revision ${label} is open.`);
  }

  function rollBack(label, now) {
    const note = el('input', {id: `rollback-note-${label}`, 'aria-label': 'Why', placeholder: 'why', autocomplete: 'off'});
    const refused = el('span', {class: 'refused', role: 'alert'});
    const act = async () => {
      try {
        const revision = await ask('/api/model/rollback', {method: 'POST', body: {label, based_on: now.label, note: note.value.trim()}});
        tell(`Revision ${revision.label} is in force, with what ${label} said.`);
        await look();
      } catch (problem) {
        if (problem.status === 401 || !problem.status) throw problem;
        refused.textContent = problem.message;
      }
    };
    return el('details', {id: `rollback-${label}`, class: 'inline'}, el('summary', {}, 'Roll back to it'),
      el('div', {class: 'row'}, note, el('button', {type: 'button', class: 'danger', 'aria-label': `Roll back to revision ${label}`, onclick: act}, 'Roll back'), refused));
  }
}
