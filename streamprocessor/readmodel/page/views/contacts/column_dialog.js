// Choosing columns, and their order.

import {goWith} from '../../parts/address.js';
import {el} from '../../parts/element.js';
import {finder} from '../../parts/finder.js';

// A button that opens the dialog. chosen: words of the columns that are shown, in order; available: as the API tells.
export function columnButton({chosen, available, complete}) {
  const known = new Map(available.map(({column, title}) => [column, title]));
  const words = [...chosen, ...[...known.keys()].filter((word) => !chosen.includes(word))];
  const list = el('ul', {class: 'choosing'}, words.map((word) => row(word, known.get(word) ?? word, chosen.includes(word))));
  const dialog = el('dialog', {'aria-labelledby': 'columns-title', class: 'columns'},
    el('h2', {id: 'columns-title'}, 'Columns'),
    finder({id: 'find-column', title: 'Find a column', nodes: () => list.children}),
    list,
    !complete && el('p', {class: 'quiet'}, 'There are more attributes; each can be named in the address.'),
    el('div', {class: 'row'},
      el('button', {class: 'main', onclick: apply}, 'Show these'),
      el('button', {onclick: () => dialog.close()}, 'Cancel'),
      el('button', {onclick: () => { dialog.close(); goWith({columns: ''}); }}, 'As usual')));
  return [el('button', {id: 'choose-columns', onclick: () => dialog.showModal()}, 'Columns'), dialog];

  function apply() {
    const checked = [...list.querySelectorAll('input:checked')].map((each) => each.value);
    dialog.close();
    goWith({columns: checked});
  }
}

function row(word, title, checked) {
  const id = `column-${word}`;
  const box = el('input', {type: 'checkbox', id, checked});
  box.value = word;
  return el('li', {}, box, el('label', {for: id}, title), kindOf(word),
    mover('↑', `${title} further left`, (item) => item.previousElementSibling?.before(item)),
    mover('↓', `${title} further right`, (item) => item.nextElementSibling?.after(item)));
}

function kindOf(word) {
  return word.startsWith('attribute:') && el('span', {class: 'quiet'}, 'attribute');
}

function mover(sign, label, move) {
  return el('button', {
    type: 'button', class: 'move', 'aria-label': label, title: label, onclick: ({currentTarget: button}) => {
      move(button.closest('li'));
      button.focus();
    },
  }, sign);
}
