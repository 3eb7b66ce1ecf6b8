// How often, and how much, a rule counts.

import {suggestions} from '../../../conditions/choices.js';
import {el} from '../../../parts/element.js';
import {durationEntry} from '../fields/duration_entry.js';
import {choiceEntry, entry, numberEntry} from '../fields/entries.js';

// isOnMatches: what it limits are single actions; else points alone. paths: of properties, for `per`.
export function limitFields({id, place, paths, isOnMatches}) {
  const {once, count} = place.value ?? {};
  const how = once ? 'once' : count ? 'count' : '';
  const often = {value: how, set: (next) => place.change((old) => {
    const {once: _once, count: _count, per: _per, within: _within, ...others} = old ?? {};
    if (next === 'once') return {...others, once: true};
    return next === 'count' ? {...others, count: old?.count ?? 1} : others;
  })};
  return el('div', {class: 'row bottom'},
    isOnMatches && choiceEntry({id: `${id}-how`, title: 'Counts', place: often, options: [['', 'each time'], ['once', 'once for each contact'], ['count', 'so many times:']]}),
    isOnMatches && how === 'count' && [
      numberEntry({id: `${id}-count`, title: 'times', place: place.of('count')}),
      entry({id: `${id}-per`, title: 'for each (a message, a link)', place: place.of('per'), list: `${id}-paths`, placeholder: 'of all together'}),
      suggestions(`${id}-paths`, paths),
      durationEntry({id: `${id}-within`, title: 'in (nothing: ever)', place: place.of('within')}),
    ],
    numberEntry({id: `${id}-points`, title: 'Points at most, at a time', place: place.of('points')}));
}
