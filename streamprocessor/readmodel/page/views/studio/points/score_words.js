// What holds of a score as a whole: its bounds, for whom it is, its groups, or which scores it is made of.

import {suggestions} from '../../../conditions/choices.js';
import {el} from '../../../parts/element.js';
import {wordAt} from '../draft/places.js';
import {conditionEditor} from '../fields/condition_editor.js';
import {entry, nameOf, numberEntry} from '../fields/entries.js';
import {combineFields} from './combine.js';

export function scoreWords({session, score, known}) {
  const at = (...path) => wordAt(session, 'scores', score, ...path);
  const words = session.model.scores[score];
  const isMatrix = Boolean(words.combine?.matrix);
  const types = known.seen.actions.map(({type}) => type);
  return el('details', {id: 'score-words', open: Boolean(words.combine)}, el('summary', {}, 'The score as a whole'),
    words.combine && combineFields({session, score}),
    !isMatrix && el('div', {class: 'row bottom'},
      numberEntry({id: 'score-min', title: 'Shown as at least', place: at('min')}),
      numberEntry({id: 'score-max', title: 'Shown as at most', place: at('max')}),
      numberEntry({id: 'score-precision', title: 'Rounded to', place: at('precision'), placeholder: '1'})),
    !words.combine && el('div', {class: 'row bottom'},
      entry({id: 'score-by', title: 'A number for each (such as a product)', place: at('by'), list: 'score-by-paths', placeholder: 'one for each contact'}),
      suggestions('score-by-paths', known.seen.paths(types)),
      words.by && numberEntry({id: 'score-max_values', title: 'so many are shown', place: at('max_values'), placeholder: '20'})),
    conditionEditor({id: 'score-applies', title: 'Only for contacts of whom all of this is so', place: at('applies_when'), types: ['attributes'], known}),
    !words.combine && groups({at, words}));
}

function groups({at, words}) {
  const name = el('input', {id: 'group-name', 'data-kept': '', 'aria-label': 'Name of the group', placeholder: 'mails', autocomplete: 'off'});
  const most = el('input', {id: 'group-points', 'data-kept': '', class: 'short', inputmode: 'decimal', 'aria-label': 'Points at most', placeholder: '20'});
  const refused = el('span', {class: 'refused hint', role: 'alert'});
  return el('fieldset', {}, el('legend', {}, 'Groups: what their rules give together'),
    Object.keys(words.groups ?? {}).map((group) => el('div', {class: 'row bottom'},
      numberEntry({id: `group-${group}-points`, title: `${group}: points at most`, place: at('groups', group, 'limit', 'points')}),
      el('button', {type: 'button', id: `group-${group}-remove`, 'aria-label': `Remove group ${group}`, onclick: () => at('groups', group).set(undefined)}, '×'))),
    el('div', {class: 'row'}, name, most, el('button', {type: 'button', id: 'group-add', onclick: add}, 'Add a group'), refused));

  function add() {
    try {
      const group = nameOf(name.value.trim());
      const points = Number(most.value || 20);
      if (!Number.isFinite(points)) throw new RangeError('A number, such as 20');
      at('groups', group).set({limit: {points}});
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      refused.textContent = error.message;
    }
  }
}
