// Stages as rows: name, number, and how many are in each.

import {el} from '../../../parts/element.js';
import {count, NOTHING, stage as stageMark} from '../../../parts/format.js';
import {entry, nameOf, numberEntry} from '../fields/entries.js';
import {listed, written} from '../fields/stages.js';

const USUAL = {cold: 0, warm: 16, hot: 41};
const USUAL_DISTANCE = 20;

export function stageRows({session, place, score, preview}) {
  const stages = listed(place.value);
  const names = stages.map(({name}) => name);
  const after = preview.answer?.scores?.[score]?.stages_after;
  if (!stages.length) {
    return el('p', {class: 'row'}, 'It has no stages yet. ', el('button', {type: 'button', id: 'stages-usual', class: 'main', onclick: () => place.set(USUAL)}, 'Begin with cold, warm and hot'));
  }
  return el('div', {class: 'stage-rows'},
    stages.map((each, index) => el('div', {class: 'row bottom', role: 'group', 'aria-label': `Stage ${each.name}`},
      stageMark(each.name, names),
      entry({id: `stage-${index}-name`, title: 'Name', read: nameOf, class: 'short', place: {value: each.name, set: (to) => session.edit(() => ({op: 'rename', path: ['scores', score, 'stages', each.name], to}))}}),
      own(each, index, 'from', 'From'),
      index > 0 && own(each, index, 'leaveBelow', 'Left below (nothing: the same)'),
      el('span', {class: 'quiet stage-count'}, after ? `${count(after[each.name] ?? 0)} contacts` : NOTHING),
      stages.length > 1 && el('button', {type: 'button', id: `stage-${index}-remove`, 'aria-label': `Remove stage ${each.name}`, onclick: () => place.of(each.name).set(undefined)}, '×'))),
    el('button', {type: 'button', id: 'stage-add', onclick: addOne}, 'Add a stage above'));

  function own(each, index, word, title) {
    const at = {value: each[word], set: (next) => {
      if (next !== undefined || word === 'leaveBelow') place.of(each.name).change((old) => written({...listed({[each.name]: old})[0], [word]: next}));
    }};
    return numberEntry({id: `stage-${index}-${word}`, place: at, title});
  }

  function addOne() {
    let number = stages.length + 1;
    while (names.includes(`stage-${number}`)) number += 1;
    place.of(`stage-${number}`).set(stages.at(-1).from + USUAL_DISTANCE);
  }
}
