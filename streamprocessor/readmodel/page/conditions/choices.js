// What filters and subscriptions may name, and lists to choose it from.

import {ask} from '../parts/api.js';
import {el} from '../parts/element.js';

// {scores, attributes, segments, templates}: scores as of /api/scores; templates: null where delivery is away.
export async function askChoices(signal) {
  const [{scores}, named] = await Promise.all([ask('/api/scores', {signal}), ask('/api/choices', {signal})]);
  return {scores, ...named};
}

// Options of a list: what was chosen before stays among them, and is marked where the model has it no more.
export function options(names, chosen, none) {
  const gone = [chosen ?? []].flat().filter((each) => each && !names.includes(each));
  return [...(none === undefined ? [] : [['', none]]), ...names.map((each) => [each, each]), ...gone.map((each) => [each, titleOf(each, names)])];
}

function titleOf(name, names) {
  return names.includes(name) ? name : `${name} (not there any more)`;
}

// Stages of these scores, each once.
export function stagesOf(scores) {
  return [...new Set(scores.flatMap(({stages}) => stages))];
}

// Boxes of which any number is ticked. Returns {node, chosen()}.
export function boxes(title, names, ticked) {
  const all = [...names, ...ticked.filter((each) => !names.includes(each))];
  const inputs = all.map((name) => el('input', {type: 'checkbox', value: name, checked: ticked.includes(name)}));
  const node = el('fieldset', {class: 'boxes', hidden: all.length === 0}, el('legend', {}, title),
    inputs.map((input, at) => el('label', {}, input, titleOf(all[at], names))));
  return {node, chosen: () => inputs.filter(({checked}) => checked).map(({value}) => value)};
}

// A list of suggestions for text fields.
export function suggestions(id, values) {
  return el('datalist', {id}, values.map((value) => (Array.isArray(value) ? el('option', {value: value[0]}, value[1]) : el('option', {value}))));
}

// What a number field holds; undefined: nothing.
export function amountOf(input) {
  return input.value.trim() === '' ? undefined : Number(input.value);
}

// The words that say something: empty texts, lists and objects are left out.
export function said(words) {
  return Object.fromEntries(Object.entries(words).filter(([, each]) =>
    each !== undefined && each !== '' && !(typeof each === 'object' && Object.keys(each).length === 0)));
}

// What a segment or a subscription names that the model in force does not have.
export function missing(sentences) {
  return sentences?.length > 0 && el('p', {class: 'refused lines'}, `The model in force does not have all of it:\n${sentences.join('\n')}`);
}
