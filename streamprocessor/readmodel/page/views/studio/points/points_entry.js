// Points, with what so many usually stand for.

import {numberEntry} from '../fields/entries.js';

export function pointsEntry({id, place, known, title = 'Points', hidesTitle}) {
  return numberEntry({id, title, place, hint: hintOf(place.value, known.words.hints), hidesTitle});
}

// hints: [{from, to, sentence}] of the size of points.
function hintOf(points, hints) {
  if (typeof points !== 'number') return undefined;
  return hints?.find(({from, to}) => points >= (from ?? -Infinity) && (to === null || to === undefined || points <= to))?.sentence;
}
