// Points from marks on: so often, so lately, so much.

import {el} from '../../../parts/element.js';
import {durationEntry} from '../fields/duration_entry.js';
import {numberEntry} from '../fields/entries.js';
import {pointsEntry} from './points_entry.js';

const LABELS = {within: 'Within', at_least: 'From'};

// place: of frequency, recency or monetary; mark: the word at which each band begins.
export function bandsEntry({id, place, mark, known}) {
  const bands = bandsOf(place.value, mark);
  const change = (make) => place.change((old) => withBands(old, mark, make(bandsOf(old, mark))));
  return el('fieldset', {class: 'bands'}, el('legend', {}, 'Points'),
    bands.map((band, at) => el('div', {class: 'row bottom', role: 'group', 'aria-label': `Points ${at + 1}`},
      field(at, mark), field(at, 'points'),
      bands.length > 1 && el('button', {type: 'button', id: `${id}-${at}-remove`, 'aria-label': `Remove points ${at + 1}`, onclick: () => change((all) => all.filter((_, index) => index !== at))}, '×'))),
    el('button', {type: 'button', id: `${id}-add`, onclick: () => change((all) => [...all, next(all.at(-1), mark)])}, 'Add a mark'));

  function field(at, word) {
    const own = {value: bands[at][word], set: (value) => change((all) => all.map((each, index) => (index === at ? {...each, [word]: value} : each)))};
    const names = {id: `${id}-${at}-${word}`, place: own};
    if (word === 'points') return pointsEntry({...names, known});
    return mark === 'within' ? durationEntry({...names, title: LABELS[mark]}) : numberEntry({...names, title: LABELS[mark]});
  }
}

function bandsOf(value, mark) {
  return value?.bands ?? [{[mark]: value?.[mark], points: value?.points}];
}

// One band is written without a list.
function withBands(old, mark, bands) {
  const {bands: _bands, points: _points, [mark]: _mark, ...others} = old ?? {};
  return bands.length === 1 && !old?.bands ? {...others, ...bands[0]} : {...others, bands};
}

function next(last, mark) {
  if (mark === 'within') return {within: `${2 * Number(/\d+/.exec(last.within ?? '30d')[0])}${(last.within ?? '30d').at(-1)}`, points: Math.floor((last.points ?? 10) / 2)};
  return {at_least: 2 * (last.at_least ?? 1), points: 2 * (last.points ?? 5)};
}
