// Which rules decide who is hot, which nothing met, which say the same, and how half-lives move the ranking.

import {el} from '../../../parts/element.js';
import {count, percent} from '../../../parts/format.js';

const SHOWN = 10;

// What the API says of a preview, or of a replay. id: of what is folded open.
export function sensitivity(id, {contacts, hot, hot_of: all = contacts, deciding, never, alike, half_lives: halfLives}) {
  return el('details', {id}, el('summary', {}, 'What decides who is hot'),
    el('p', {class: 'quiet hint'}, `Of ${count(all)} contacts ${count(hot)} are hot.${all === contacts ? '' : ` What is not of them alone was found out on ${count(contacts)}.`}`),
    list('Without this rule, hot no more', deciding.filter(({falls}) => falls), ({score, rule, falls}) => [named(score, rule), `: ${count(falls)}`]),
    list('Without this rule, hot as well', deciding.filter(({enters}) => enters), ({score, rule, enters}) => [named(score, rule), `: ${count(enters)}`]),
    list('Nothing met', never, ({score, rule}) => named(score, rule)),
    list('Say the same', alike, ({score, rule, other, both, jaccard}) => [named(score, rule), ' and ', el('strong', {}, other), `: both met ${count(both)}, ${percent(100 * jaccard)} of what either met`]),
    list('With other half-lives', halfLives, ({score, times, top_changed_percent: changed}) => [el('strong', {}, score), ` × ${Number(times.toFixed(2))}: ${percent(changed)} of the first tenth change`]));
}

function named(score, rule) {
  return [el('strong', {}, rule), el('span', {class: 'quiet'}, ` of ${score}`)];
}

function list(title, items, words) {
  return items?.length > 0 && [el('h3', {}, title), el('ul', {}, items.slice(0, SHOWN).map((each) => el('li', {}, words(each)))),
    items.length > SHOWN && el('p', {class: 'quiet hint'}, `and ${count(items.length - SHOWN)} more`)];
}
