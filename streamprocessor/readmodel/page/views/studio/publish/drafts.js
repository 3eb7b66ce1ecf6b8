// Drafts that are kept for all who work on the model: saved, opened, approved, deleted.

import {ask} from '../../../parts/api.js';
import {el, tell} from '../../../parts/element.js';
import {field, nameInput} from '../../../parts/fields.js';
import {ago} from '../../../parts/format.js';
import {again, drawn} from '../../../parts/waiting.js';

export function drafts({session, signal, onopen}) {
  const list = el('div', {});
  const show = drawn(list, ({all}) => (all.length ? el('ul', {class: 'plain drafts'}, all.map(item)) : el('p', {class: 'quiet'}, 'None is saved.')));
  const refused = el('div', {role: 'alert'});
  const name = nameInput('draft-name', {value: session.name, placeholder: 'autumn', required: false});
  look();
  again(signal, async () => list.isConnected && (list.contains(document.activeElement) || look()));
  return el('section', {}, el('h2', {}, 'Drafts'),
    el('div', {class: 'row bottom'}, field('Save this one as', name), el('button', {type: 'button', id: 'draft-save', onclick: () => save()}, 'Save')), refused, list);

  async function look() {
    const {drafts: all} = await ask('/api/model/drafts', {signal});
    show({all, own: session.name});
    const own = all.find((draft) => draft.name === session.name);
    if (own && own.changed_at !== session.changedAt && !refused.firstChild) clash(own.name, own);
  }

  function item(draft) {
    const isOpen = draft.name === session.name; // nobody approves of what they have not seen
    const by = (draft.approvals ?? []).map(({by: person}) => person);
    return el('li', {}, el('div', {}, el('strong', {}, draft.name), isOpen && el('span', {class: 'quiet'}, ' (this one)'),
      el('div', {class: 'quiet'}, `by ${draft.author}, `, ago(draft.changed_at), draft.based_on && `, from revision ${draft.based_on}`, draft.is_behind && ', which is in force no more', draft.note && `: ${draft.note}`),
      draft.needs_approval && el('div', {class: by.length ? 'quiet' : 'refused'}, by.length ? `approved by ${by.join(', ')}` : 'needs somebody else’s approval before it is published: open it, look at it, approve')),
    el('span', {class: 'row'},
      el('button', {type: 'button', id: `open-draft-${draft.name}`, 'aria-label': `Open ${draft.name}`, onclick: () => open(draft.name)}, 'Open'),
      draft.needs_approval && isOpen && el('button', {type: 'button', 'aria-label': `Approve ${draft.name}`, onclick: () => approve(draft.name)}, 'Approve'),
      el('button', {type: 'button', 'aria-label': `Delete ${draft.name}`, onclick: () => drop(draft.name)}, 'Delete')));
  }

  async function save({isOver = false} = {}) {
    const called = name.value.trim();
    refused.replaceChildren();
    if (!called || !name.checkValidity()) return refused.replaceChildren(el('p', {class: 'refused'}, 'A name is wanted'));
    await told(async () => {
      const known = called === session.name ? session.changedAt : null;
      const there = known || isOver ? null : await kept(called);
      if (there) return clash(called, there);
      const draft = await ask(address(called), {method: 'PUT', body: {text: session.text, based_on: session.basedOn, note: session.note, ...(isOver ? {} : {changed_at: known})}});
      session.tell({name: called, changedAt: draft.changed_at, saved: session.text});
      tell(`${called} is saved.`);
      await look();
    }, called);
  }

  // Runs act(), and says what the API refuses; called: the draft that it is about.
  async function told(act, called) {
    try {
      await act();
    } catch (problem) {
      if (problem.status === 401 || !problem.status) throw problem;
      if (problem.code === 'draft-changed') clash(called, problem.content);
      else refused.replaceChildren(el('p', {class: 'refused lines'}, problem.message));
    }
  }

  function clash(called, {author, changed_at: at}) {
    const words = author ? [`${called} was changed by ${author} `, ago(at), '.'] : `${called} was deleted meanwhile.`;
    refused.replaceChildren(el('p', {class: 'refused'}, words),
      el('div', {class: 'row'}, author && el('button', {type: 'button', id: 'draft-theirs', onclick: () => open(called)}, 'Open theirs'),
        el('button', {type: 'button', id: 'draft-over', onclick: () => save({isOver: true})}, 'Save mine over it')));
  }

  async function open(called) {
    const draft = await ask(address(called));
    await session.begin({text: draft.text, basedOn: draft.based_on, name: called, note: draft.note ?? '', changedAt: draft.changed_at});
    onopen();
    tell(`${called} is open.`);
  }

  async function approve(called) {
    await told(async () => {
      await ask(`${address(called)}/approve`, {method: 'POST', body: {changed_at: session.changedAt}});
      tell(`${called} is approved.`);
      await look();
    }, called);
  }

  async function drop(called) {
    await ask(address(called), {method: 'DELETE'});
    if (called === session.name) session.tell({name: '', changedAt: null});
    tell(`Draft ${called} is deleted.`);
    await look();
  }
}

// The draft of that name; null: there is none.
async function kept(name) {
  try {
    return await ask(address(name));
  } catch (problem) {
    if (problem.status !== 404) throw problem;
    return null;
  }
}

function address(name) {
  return `/api/model/drafts/${encodeURIComponent(name)}`;
}
