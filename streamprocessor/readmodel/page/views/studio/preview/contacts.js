// The ten contacts that are followed exactly: chosen by searching, with score and stage before and after.

import {ask} from '../../../parts/api.js';
import {el} from '../../../parts/element.js';
import {count, number, NOTHING} from '../../../parts/format.js';
import {laterInput} from '../../../parts/later_input.js';
import {who} from '../../../parts/who.js';

const MOST = 10;
const MOST_SCORES = 6;

export function chosenContacts({preview}) {
  const {contacts, answer} = preview;
  const known = new Map((answer?.ten ?? []).map((each) => [each.contact_id, each]));
  const found = el('ul', {class: 'plain found-contacts', 'aria-label': 'Found contacts'});
  const search = contacts.length < MOST && el('div', {class: 'field'}, el('label', {for: 'preview-search'}, 'Follow a contact'),
    laterInput({id: 'preview-search', placeholder: 'name or company', value: '', 'data-kept': ''}, look));
  return el('section', {}, el('h3', {}, 'Contacts that you follow'),
    el('ul', {class: 'plain followed'}, contacts.map((contact) => el('li', {},
      el('span', {class: 'row'}, el('span', {}, who({...contact, ...known.get(contact.contact_id), subtitle: null})),
        el('button', {type: 'button', class: 'move', id: `unfollow-${contact.contact_id}`, 'aria-label': `Do not follow ${contact.display_name ?? contact.contact_id}`, onclick: () => preview.choose(contacts.filter((each) => each !== contact))}, '×')),
      outcome(known.get(contact.contact_id))))),
    search, found);

  async function look(words) {
    if (!words) return found.replaceChildren();
    const {contacts: all} = await ask('/api/search', {method: 'POST', body: {q: words, limit: 5}});
    const others = all.filter(({contact_id: id}) => !contacts.some((each) => each.contact_id === id));
    found.replaceChildren(...others.map((contact) => el('li', {}, el('button', {type: 'button', onclick: () => preview.choose([...contacts, contact])}, contact.display_name ?? contact.contact_id))));
    if (!others.length) found.replaceChildren(el('li', {class: 'quiet'}, 'Nobody else is found.'));
  }
}

// The scores that would be others; where none is, one line that says so.
function outcome(contact) {
  const scores = Object.entries(contact?.scores ?? {});
  if (!scores.length) return null;
  const changed = scores.filter(([, {before, after}]) => words(before) !== words(after));
  if (!changed.length) return el('div', {class: 'quiet outcome'}, `${scores[0][0]} ${words(scores[0][1].after)}, ${scores.length > 1 ? 'all ' : ''}as now`);
  return el('ul', {class: 'plain outcome'},
    changed.slice(0, MOST_SCORES).map(([name, {before, after}]) => el('li', {}, el('span', {class: 'quiet'}, `${name} `), el('strong', {}, `${words(before)} → ${words(after)}`))),
    changed.length > MOST_SCORES && el('li', {class: 'quiet'}, `and ${count(changed.length - MOST_SCORES)} more scores`));
}

function words(each) {
  if (!each) return NOTHING;
  return [each.score === null || each.score === undefined ? null : number(each.score), each.stage].filter((part) => part !== null && part !== undefined).join(' ') || NOTHING;
}
