// What the draft would do, beside every step: to ten contacts exactly, to all of them as far as they are read.

import {el} from '../../../parts/element.js';
import {count} from '../../../parts/format.js';
import {who} from '../../../parts/who.js';
import {silencedList} from '../publish/differences.js';
import {chosenContacts} from './contacts.js';
import {sensitivity} from './sensitivity.js';

const SHOWN = 8;

// ondraft(): leads to where problems are mended.
export function panel({session, preview, online}) {
  const {answer} = preview;
  return [
    el('h2', {}, 'What it would do'),
    problems(session, online),
    el('p', {class: 'quiet', role: 'status'}, progress(preview, session)),
    preview.problem && el('p', {class: 'refused'}, preview.problem),
    silencedList(preview.silenced),
    answer?.scores && totals(answer),
    answer && names('Becomes hot', answer.becomes_hot),
    answer && names('Cools', answer.cools),
    chosenContacts({preview}),
    answer?.sensitivity && sensitivity('decides', answer.sensitivity),
  ];
}

function problems({problems: wrong, hints}, online) {
  if (!wrong.length && !hints.length) return null;
  const item = (kind) => ({line, sentence}) => el('li', {class: kind},
    line ? el('button', {type: 'button', class: 'plain-link', onclick: () => online(line)}, `Line ${line}`) : null, line ? ': ' : '', sentence);
  return el('div', {class: 'problems'},
    wrong.length > 0 && [el('p', {}, el('strong', {}, wrong.length === 1 ? 'One thing is missing or wrong:' : `${wrong.length} things are missing or wrong:`)), el('ul', {}, wrong.slice(0, SHOWN).map(item('refused')))],
    hints.length > 0 && el('details', {id: 'hints', open: true}, el('summary', {}, hints.length === 1 ? 'A hint' : `${hints.length} hints`), el('ul', {}, hints.slice(0, SHOWN).map(item('quiet')))));
}

function progress({state, answer}, session) {
  if (session.problems.length) return 'It can be tried once nothing is wrong.';
  if (state === 'waiting' || !answer) return state === 'failed' ? '' : 'Trying it';
  const {contacts_read: read, contacts_done: done, contacts_all: all, is_sample: isSample} = answer;
  if (!read && state !== 'done') return 'Trying it';
  if (!isSample && state !== 'running') return `All ${count(read)} contacts, exactly`;
  const whole = all === null || all === undefined ? '' : ` of ${count(all)} contacts`;
  const rest = state === 'running' && all ? `; all of them: ${Math.floor((100 * (done ?? 0)) / all)} %` : '';
  return `A sample: ${count(read)}${whole}${rest}`;
}

function totals({scores}) {
  const changed = Object.entries(scores ?? {}).filter(([, each]) => each.changed || each.become_hot || each.cool);
  if (!changed.length) return el('p', {}, 'Nobody’s score would change.');
  const cells = ({higher, lower, become_hot: hot, cool}) => [higher, lower, hot, cool].map((many) => el('td', {class: 'number'}, count(many)));
  return [
    el('table', {class: 'totals'}, el('caption', {class: 'unseen'}, 'Contacts whose scores would change'),
      el('thead', {}, el('tr', {}, ['Score', 'Higher', 'Lower', 'Hot', 'Cool'].map((title, at) => el('th', {scope: 'col', class: at && 'number'}, title)))),
      el('tbody', {}, changed.slice(0, SHOWN).map(([name, each]) => el('tr', {}, el('th', {scope: 'row'}, name), cells(each))))),
    changed.length > SHOWN && el('p', {class: 'quiet hint'}, `and ${count(changed.length - SHOWN)} more scores`),
  ];
}

function names(title, contacts) {
  return contacts?.length > 0 && el('details', {id: `names-${title}`.replaceAll(' ', '-')}, el('summary', {}, `${title}: ${count(contacts.length)} by name`),
    el('ul', {class: 'plain names'}, contacts.map((contact) => el('li', {}, who(contact)))));
}
