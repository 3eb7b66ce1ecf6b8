// Questions before a lead is rejected or given to somebody else.

import {el} from '../../parts/element.js';
import {field} from '../../parts/fields.js';

// reasons: those that may be chosen; none: any text.
export function rejectDialog(lead, reasons, reject) {
  const answer = reasons.length
    ? el('select', {id: 'lead-reason', required: true},
      el('option', {value: ''}, 'Choose a reason'), reasons.map((reason) => el('option', {value: reason}, reason)))
    : el('input', {id: 'lead-reason', maxlength: 500});
  return asked(lead, {title: 'Reject', word: 'Reject', label: 'Why', answer, done: reject});
}

export function assignDialog(lead, people, assign) {
  const others = people.filter(({name}) => name !== lead.owner);
  const answer = el('select', {id: 'lead-to', required: true},
    el('option', {value: ''}, 'Choose a person'), others.map(({name, title}) => el('option', {value: name}, title)));
  return asked(lead, {title: 'Assign', word: 'Assign', label: 'To', answer, done: assign});
}

function asked(lead, {title, word, label, answer, done}) {
  const refused = el('p', {class: 'refused', role: 'alert'});
  const dialog = el('dialog', {'aria-labelledby': 'lead-title'},
    el('form', {class: 'asked', onsubmit: submit},
      el('h2', {id: 'lead-title'}, `${title} ${lead.display_name ?? lead.contact_id}`),
      field(label, answer),
      refused,
      el('div', {class: 'row'}, el('button', {class: 'main'}, word),
        el('button', {type: 'button', onclick: () => dialog.close()}, 'Cancel'))));
  dialog.addEventListener('close', () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  answer.focus();

  async function submit(event) {
    event.preventDefault();
    try {
      const doing = done(answer.value);
      dialog.close();
      await doing;
    } catch (problem) {
      refused.textContent = problem.message;
      document.body.append(dialog);
      dialog.showModal();
    }
  }
}
