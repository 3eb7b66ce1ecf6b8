// All that one rule says, changed in place.

import {el} from '../../../parts/element.js';
import {suggestions} from '../../../conditions/choices.js';
import {wordOfRule} from '../draft/places.js';
import {conditionEditor} from '../fields/condition_editor.js';
import {durationEntry} from '../fields/duration_entry.js';
import {choiceEntry, entry, nameOf, numberEntry} from '../fields/entries.js';
import {typesOf} from '../fields/seen.js';
import {typesEntry} from '../fields/types.js';
import {bandsEntry} from './bands.js';
import {kindOfRule} from './kinds.js';
import {limitFields} from './limit_fields.js';
import {pointsEntry} from './points_entry.js';

// index: of the rule; known: {seen, words}; onname(next): the rule will be called so; ondecay(): leads to how its points fade.
export function ruleForm({session, score, rule, index, known, onname, ondecay}) {
  const {seen} = known;
  const id = `rule-${index}`; // focus stays where it is when the rule is called otherwise
  const called = {id: rule.id};
  const at = (word) => wordOfRule(session, score, called, word);
  const kind = kindOfRule(rule);
  const groups = Object.keys(session.model.scores[score].groups ?? {});
  const shared = {id, at, rule, known, types: typesOf(rule)};
  const name = {value: rule.id, set: (next) => next && rename(next).catch((problem) => {
    onname(called.id = rule.id);
    throw problem;
  })};
  const rename = (next) => session.edit(() => {
    const before = called.id;
    onname(called.id = next);
    return {op: 'rename_rule', score, rule: before, to: next};
  });
  return el('div', {class: 'rule-form'},
    el('p', {class: 'quiet hint'}, known.words.kinds[kind].sentence),
    el('div', {class: 'row top'}, entry({id: `${id}-id`, title: 'Name of the rule', place: name, read: nameOf}), main(kind, shared)),
    details(kind, shared),
    el('details', {id: `limits-${rule.id}`, open: rule.limit !== undefined || rule.group !== undefined}, el('summary', {}, 'Limits and groups'),
      limitFields({id: `${id}-limit`, place: at('limit'), paths: seen.paths(shared.types).filter((path) => !path.startsWith('attributes.')), isOnMatches: kind === 'on'}),
      el('div', {class: 'row'}, groups.length || rule.group
        ? choiceEntry({id: `${id}-group`, title: 'Group, whose rules are limited together', place: at('group'), options: [['', 'no group'], ...groups]})
        : el('span', {class: 'quiet hint'}, 'Groups, whose rules are limited together, are made below, under “The score as a whole”.'))),
    kind === 'on' && el('p', {}, el('button', {type: 'button', class: 'plain-link', id: `${id}-decay`, onclick: ondecay}, 'How its points fade')));
}

function main(kind, {id, at, rule, known, types}) {
  const {seen} = known;
  const names = seen.names;
  if (kind === 'on') {
    return [typesEntry({id: `${id}-on`, title: 'Counts each', place: at('on'), names}),
      rule.points_from === undefined && pointsEntry({id: `${id}-points`, place: at('points'), known})];
  }
  if (kind === 'when') return pointsEntry({id: `${id}-points`, place: at('points'), known});
  const inner = at(kind);
  if (kind === 'inactivity') {
    return [typesEntry({id: `${id}-of`, title: 'None of', place: inner.of('of'), names, mayBeAny: true, isList: true}),
      durationEntry({id: `${id}-after`, title: 'for', place: inner.of('after')}), pointsEntry({id: `${id}-points`, place: inner.of('points'), known})];
  }
  return [typesEntry({id: `${id}-of`, title: 'Counts', place: inner.of('of'), names}),
    kind === 'monetary' && pathEntry({id: `${id}-sum`, title: 'Sum of', place: inner.of('sum'), paths: seen.paths(types)}),
    kind !== 'recency' && durationEntry({id: `${id}-within`, title: 'Within', place: inner.of('within')})];
}

function details(kind, {id, at, rule, known, types}) {
  const {seen} = known;
  if (kind === 'when') return conditionEditor({id: `${id}-when`, title: 'Only while all of this is so', place: at('when'), types, known});
  if (kind === 'on') {
    return [conditionEditor({id: `${id}-where`, title: 'Only where all of this is so', place: at('where'), types, known}), byProperty({id, at, rule, seen, types})];
  }
  const inner = at(kind);
  if (kind === 'inactivity') {
    return el('div', {class: 'row bottom'}, durationEntry({id: `${id}-every`, title: 'and again each', place: inner.of('every')}),
      numberEntry({id: `${id}-max_times`, title: 'times at most', place: inner.of('max_times')}));
  }
  return [
    bandsEntry({id: `${id}-bands`, place: inner, mark: kind === 'recency' ? 'within' : 'at_least', known}),
    conditionEditor({id: `${id}-where`, title: 'Only where all of this is so', place: inner.of('where'), types, known}),
    kind === 'monetary' && pathEntry({id: `${id}-per`, title: 'One for each (such as the order’s number)', place: inner.of('per'), paths: seen.paths(types)}),
  ];
}

// Points by a number that the action carries, in place of fixed ones.
function byProperty({id, at, rule, seen, types}) {
  const place = at('points_from');
  const isBy = rule.points_from !== undefined;
  const paths = seen.paths(types);
  const turn = ({target}) => (target.checked ? place.set({property: paths.find((path) => seen.isNumber(types, path)) ?? 'properties.amount', times: 1}) : place.set(undefined));
  const exchange = async (event) => {
    await turn(event);
    await (event.target.checked ? at('points').set(undefined) : at('points').set(5));
  };
  return el('div', {}, el('label', {class: 'row flag-entry'}, el('input', {type: 'checkbox', id: `${id}-by-property`, checked: isBy, onchange: exchange}), 'Points by a number of the action, such as an amount'),
    isBy && el('div', {class: 'row bottom'},
      pathEntry({id: `${id}-from`, title: 'Property', place: place.of('property'), paths}),
      numberEntry({id: `${id}-times`, title: 'times', place: place.of('times')}),
      numberEntry({id: `${id}-from-min`, title: 'at least', place: place.of('min')}),
      numberEntry({id: `${id}-from-max`, title: 'at most', place: place.of('max')}),
      pathEntry({id: `${id}-from-per`, title: 'one for each', place: place.of('per'), paths})));
}

function pathEntry({id, title, place, paths}) {
  return [entry({id, title, place, list: `${id}-paths`, placeholder: 'properties.amount'}), suggestions(`${id}-paths`, paths)];
}
