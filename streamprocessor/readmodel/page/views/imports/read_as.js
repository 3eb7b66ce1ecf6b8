// As what the cells of a column are read: texts, numbers, or yes and no.

import {el} from '../../parts/element.js';
import {readAs} from './column_meanings.js';

const KINDS = [['text', 'text'], ['number', 'number'], ['boolean', 'yes or no']];

// Whether a meaning's cells can be read as another kind.
export function hasKind(meaning) {
  return (meaning?.kind === 'attribute' || meaning?.kind === 'property') && meaning.path.length === 2;
}

// A list to choose from; onchange is told the new words of the mapping.
export function kindChoice(words, meaning, onchange) {
  const [group, name] = meaning.path;
  const chosen = words[group][name].as ?? 'text';
  const change = ({target}) => onchange(readAs(words, meaning, target.value));
  return el('select', {'aria-label': `${meaning.column} is read as`, onchange: change},
    KINDS.map(([kind, title]) => el('option', {value: kind, selected: kind === chosen}, title)));
}
