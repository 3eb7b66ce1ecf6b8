// The kinds of rules: what each begins as, and how a rule reads.

import {durationWords} from '../fields/durations.js';
import {conditionWords} from '../fields/tests.js';

// By the word that tells each: what one begins as; type: an action.
const BEGINNINGS = {
  on: (type) => ({on: type, points: 5}),
  when: () => ({when: {'attributes.country': {exists: true}}, points: 10}),
  inactivity: () => ({inactivity: {of: 'any', after: '30d', points: -5}}),
  frequency: (type) => ({frequency: {of: type, within: '7d', at_least: 3, points: 5}}),
  recency: (type) => ({recency: {of: type, within: '30d', points: 10}}),
  monetary: () => ({monetary: {of: 'purchase', sum: 'properties.amount', within: '90d', at_least: 100, points: 10}}),
};

export function begun(kind, type) {
  return BEGINNINGS[kind](type);
}

export function kindOfRule(rule) {
  return Object.keys(BEGINNINGS).find((word) => word in rule) ?? 'on';
}

// An id for a new rule, that none of these has: page-visit-pricing-2.
export function freeId(words, rules) {
  const base = words.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-').replaceAll(/^-+|-+$/g, '').slice(0, 56) || 'rule';
  const taken = new Set(rules.map(({id}) => id));
  for (let number = 1; ; number += 1) {
    const id = number === 1 ? base : `${base}-${number}`;
    if (!taken.has(id)) return id;
  }
}

// "+5", "−10 to +20", "0.1 × amount".
export function pointsOf(rule) {
  if (rule.points_from) return `${rule.points_from.times ?? 1} × ${lastOf(rule.points_from.property ?? '')}`;
  const inner = rule.inactivity ?? rule.frequency ?? rule.recency ?? rule.monetary ?? rule;
  const all = (inner.bands ?? [inner]).map(({points}) => points).filter((each) => typeof each === 'number');
  if (!all.length) return '–';
  const [low, high] = [Math.min(...all), Math.max(...all)];
  return low === high ? signed(low) : `${signed(low)} to ${signed(high)}`;
}

function signed(points) {
  return points > 0 ? `+${points}` : String(points).replace('-', '−');
}

// What a rule counts, in words (operators: of the API's words for forms): "page visit where path begins with /pricing; 1 for each message".
export function ruleWords(rule, {operators}) {
  const {where, limit} = {where: rule.where ?? (rule.frequency ?? rule.recency ?? rule.monetary)?.where, limit: rule.limit};
  return [`${whatOf(rule, operators)}${where ? ` where ${conditionWords(where, operators)}` : ''}`, limit && limitWords(limit)].filter(Boolean).join('; ');
}

function whatOf(rule, operators) {
  if (rule.when) return `whose ${conditionWords(rule.when, operators)}`;
  const of = (types) => [types ?? []].flat().map((type) => type.replaceAll('_', ' ')).join(' or ');
  const {inactivity: silence, frequency, recency, monetary} = rule;
  if (silence) return `no ${silence.of === 'any' ? 'action' : of(silence.of)} for ${durationWords(silence.after)}${silence.every ? `, again each ${durationWords(silence.every)}` : ''}`;
  if (frequency) return `how often ${of(frequency.of)} within ${durationWords(frequency.within)}`;
  if (recency) return `how lately ${of(recency.of)}`;
  if (monetary) return `sum of ${lastOf(monetary.sum ?? '')} of ${of(monetary.of)} within ${durationWords(monetary.within)}`;
  return `each ${of(rule.on)}`;
}

function limitWords({once, count, per, within, points}) {
  const times = once ? 'once for each contact'
    : count && `${count === 1 ? 'once' : `${count} times`}${per ? ` for each ${lastOf(per)}` : ''}${within ? ` in ${durationWords(within)}` : ''}`;
  return [times, points !== undefined && `${points} points at most`].filter(Boolean).join(', ');
}

function lastOf(path) {
  return path.split('.').slice(1).join('.') || path;
}
