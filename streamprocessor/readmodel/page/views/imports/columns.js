// The columns of a file, each with what it means, chosen from plain words.

import {el} from '../../parts/element.js';
import {choice, field} from '../../parts/fields.js';
import {laterInput} from '../../parts/later_input.js';
import {choices, meaningsOf, renamed, valueOf, withMeaning} from './column_meanings.js';
import {optingOut} from './opting_out.js';
import {hasKind, kindChoice} from './read_as.js';
import {asContacts, asEvents, isEvents} from './row_kinds.js';

const NAMED = {attribute: 'called', property: 'called', when: 'event', count: 'event'};
const TYPE_OF_ALL = 'imported';

// onchange is told the new words of the mapping.
export function columnList({columns, mapping}, onchange) {
  let words = mapping ?? {};
  const rows = el('ul', {class: 'plain meanings'});
  const kind = el('div', {class: 'row bottom'});
  draw();

  function change(changed) {
    words = changed;
    onchange(words);
  }

  function draw() {
    kind.replaceChildren(...kindOfRows());
    rows.replaceChildren(...columns.map((column, at) => row(column, at)));
  }

  function kindOfRows() {
    const turn = ({target}) => {
      change(target.value === 'event' ? asEvents(words) : asContacts(words));
      draw();
      document.getElementById('kind-of-rows').focus();
    };
    const isOfText = isEvents(words) && typeof words.type === 'string';
    return [
      field('Each row is', choice('kind-of-rows', [['contact', 'a contact'], ['event', 'something that a contact did']], isEvents(words) ? 'event' : 'contact', turn)),
      isOfText && field('Type of event', laterInput({id: 'type-of-all', value: words.type}, (type) => change({...words, type: type || TYPE_OF_ALL}))),
    ].filter(Boolean);
  }

  function row(column, at) {
    const controls = el('div', {class: 'row'});
    fill();
    return el('li', {},
      el('div', {}, el('strong', {}, el('bdi', {}, column.name || 'without a name')),
        el('div', {class: 'quiet samples'}, column.samples.map((each) => el('bdi', {}, each)))),
      controls);

    function fill() {
      const [first, ...more] = meaningsOf(words, column.name);
      const select = el('select', {id: `meaning-${at}`, 'aria-label': `What ${column.name} means`, onchange: ({target}) => {
        change(withMeaning(words, column.name, target.value, ''));
        draw();
        document.getElementById(`meaning-${at}`).focus();
      }}, optionsOf(first));
      controls.replaceChildren(...[
        select,
        first && NAMED[first.kind] && valueOf(first) === first.kind && laterInput(
          {id: `name-${at}`, value: first.name, 'aria-label': `What ${column.name} is ${NAMED[first.kind]}`},
          (name) => name && change(renamed(words, meaningsOf(words, column.name)[0], name))),
        hasKind(first) && valueOf(first) === first.kind && kindChoice(words, first, (changed) => { change(changed); fill(); }),
        first?.kind === 'suppressed' && optingOut(words.suppressed, at, (suppressed) => change({...words, suppressed})),
        more.length > 0 && el('span', {class: 'quiet hint'}, `also: ${more.map(titleOf).join(', ')}`),
      ].filter(Boolean));
    }
  }

  function optionsOf(meaning) {
    const chosen = valueOf(meaning);
    const option = ([value, title]) => el('option', {value, selected: value === chosen}, title);
    return [
      meaning?.kind === 'other' && el('option', {value: 'other', selected: true}, meaning.title),
      ...choices(words).map(([heading, values]) => (heading ? el('optgroup', {label: heading}, values.map(option)) : values.map(option))),
    ];
  }

  return el('div', {}, kind, rows);
}

function titleOf({kind, name, title}) {
  return title ?? (name ? name.replaceAll('_', ' ') : {suppressed: 'opted out', occurred_at: 'when', id: 'number', type: 'type', contact: 'who', address: 'who'}[kind]);
}
