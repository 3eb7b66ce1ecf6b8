// What differs between two models, and what a change silences, in lists.

import {el, table} from '../../../parts/element.js';
import {NOTHING} from '../../../parts/format.js';

export function differenceList(differences, title = 'What changes') {
  if (!differences?.length) return el('p', {class: 'quiet'}, 'Nothing that changes a score.');
  return table(title, [['Score', ''], ['Rule', ''], ['Word', ''], ['Was', 'extra'], ['Becomes', '']],
    differences.map(({score, rule, word, old, new: next}) => [score ?? NOTHING, rule ?? '', word ?? '', el('code', {}, spelled(old)), el('code', {}, spelled(next))]));
}

export function silencedList(silenced) {
  return silenced?.length > 0 && el('div', {class: 'silenced'}, el('p', {}, el('strong', {}, 'These ask for what would not be there any more:')),
    el('ul', {}, silenced.map(({kind, name, asks_for: sentence}) => el('li', {}, `${kind} `, el('strong', {}, name), `: ${sentence}`))));
}

export function fromNowOn(rules) {
  return rules?.length > 0 && el('div', {}, el('p', {}, 'These rules count from now on, for what they need was not kept:'),
    el('ul', {}, rules.map((each) => el('li', {}, el('strong', {}, each.rule), ` of ${each.score}: ${unkept(each)} was not kept before`))));
}

function spelled(value) {
  if (value === null || value === undefined) return NOTHING;
  if (Array.isArray(value)) return `[${value.map(spelled).join(', ')}]`;
  if (typeof value === 'object') return `{${Object.entries(value).map(([name, inner]) => `${name}: ${spelled(inner)}`).join(', ')}}`;
  return String(value);
}

function unkept({type, missing}) {
  const action = type === 'any' ? 'any action' : type;
  return missing.length ? `${missing.join(', ')} of ${action}` : action;
}
