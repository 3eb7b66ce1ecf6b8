// Which score is worked on; new ones, other names, and away with one.

import {el} from '../../../parts/element.js';
import {opener} from '../../../parts/floating.js';
import {choice, field} from '../../../parts/fields.js';
import {nameOf} from '../fields/entries.js';

const MANY = 20;

export function scoreBar({session, at, onat}) {
  const names = Object.keys(session.model?.scores ?? {});
  if (!names.length) return el('div', {class: 'row bottom'}, maker(['Name of the score', 'engagement', 'Begin']));
  return el('div', {class: 'row bottom'},
    names.length > MANY ? searched(names) : field('Score', choice('score', names, at.score, ({target}) => onat({score: target.value, rule: null}))),
    opener('score-menu', {words: 'Scores ▾'}, el('div', {class: 'score-menu'},
      maker(['Another score', 'fit', 'Add']),
      names.length > 1 && el('button', {type: 'button', id: 'combine-new', onclick: combine}, 'Add a score made of others'),
      renamer(), el('button', {type: 'button', class: 'danger', id: 'score-remove', onclick: remove}, `Remove ${at.score}`))));

  function searched(all) {
    const input = el('input', {id: 'score', list: 'score-names', value: at.score, 'data-kept': at.score, autocomplete: 'off', onfocus: ({target}) => target.select(),
      onchange: ({target}) => { if (all.includes(target.value)) onat({score: target.value, rule: null}); }});
    return [field(`Score (one of ${all.length})`, input), el('datalist', {id: 'score-names'}, all.map((value) => el('option', {value})))];
  }

  function maker([title, usual, words]) {
    const input = el('input', {id: 'score-name', value: names.includes(usual) ? '' : usual, 'data-kept': names.includes(usual) ? '' : usual, autocomplete: 'off'});
    const refused = el('span', {class: 'refused hint', role: 'alert'});
    return [field(title, input), el('button', {type: 'button', id: 'score-add', class: names.length ? null : 'main', onclick: () => named(input, refused, add)}, words), refused];
  }

  function renamer() {
    const input = el('input', {id: 'score-rename', value: at.score, 'data-kept': at.score, autocomplete: 'off'});
    const refused = el('span', {class: 'refused hint', role: 'alert'});
    return [field('Its name', input), el('button', {type: 'button', id: 'score-rename-do', onclick: () => named(input, refused, rename)}, 'Rename'), refused];
  }

  function named(input, refused, run) {
    try {
      run(nameOf(input.value.trim()));
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      refused.textContent = error.message;
    }
  }

  async function add(name) {
    await session.edit(() => ({op: 'add_score', score: name, words: {}}));
    onat({score: name, rule: null});
  }

  async function combine() {
    const name = names.includes('total') ? `total-${names.length}` : 'total';
    await session.edit(() => ({op: 'add_score', score: name, words: {combine: {sum: names.slice(0, 2)}}}));
    onat({score: name, step: 'points', rule: null});
  }

  async function rename(name) {
    await session.edit(() => ({op: 'rename_score', score: at.score, to: name}));
    onat({score: name});
  }

  async function remove() {
    await session.edit(() => ({op: 'remove_score', score: at.score}));
    onat({score: null, rule: null});
  }
}
