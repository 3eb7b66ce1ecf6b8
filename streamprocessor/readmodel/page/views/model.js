// The scoring model in force: its scores and rules, and what each rule gives at present.

import {ask} from '../parts/api.js';
import {el, table} from '../parts/element.js';
import {FEW, finder} from '../parts/finder.js';
import {count, number, share, stage} from '../parts/format.js';

export async function show({person, signal}) {
  const [{model, scores, sample}, described] = await Promise.all([ask('/api/model', {signal}), ask('/api/scores', {signal})]);
  return [
    el('div', {class: 'title'}, el('h1', {}, 'Model'), person.scopes.includes('model') && el('a', {href: '/studio'}, 'Change it in the studio')),
    el('p', {}, el('strong', {}, model.name), `, revision ${model.revision} `, el('code', {class: 'quiet'}, model.version)),
    el('p', {class: 'quiet'}, sample.contacts
      ? `Shares are of the points that the ${count(sample.contacts)} contacts whose scores changed last have now, whatever their sign.`
      : 'Shares come with the first contacts.'),
    ...(scores.length > FEW ? folded : sections)(scores, new Map(described.scores.map((each) => [each.name, each]))),
  ];
}

function sections(scores, described) {
  return scores.map((score) => el('section', {}, el('h2', {}, score.name), content(score, described.get(score.name))));
}

// Of many scores each opens by itself: their names come first, and what is in them when somebody looks.
function folded(scores, described) {
  const all = scores.map((score) => {
    const node = el('details', {class: 'score'}, el('summary', {}, el('strong', {}, score.name), ' ', el('span', {class: 'quiet'}, sizeOf(score))));
    node.addEventListener('toggle', () => node.append(...content(score, described.get(score.name)).filter(Boolean)), {once: true});
    return node;
  });
  return [
    el('h2', {}, `${count(scores.length)} scores`),
    finder({id: 'find-score', title: 'Find a score', nodes: () => all, textOf: (node) => node.querySelector('summary').textContent}),
    el('div', {}, all),
  ];
}

function sizeOf({rules, said}) {
  return rules.length ? `${count(rules.length)} ${rules.length === 1 ? 'rule' : 'rules'}` : Object.keys(said.combine ?? {})[0] ?? '';
}

function content(score, {stages, bounds, left_below: left}) {
  const more = Object.entries(score.said).filter(([name]) => name !== 'stages');
  return [
    bounds.length > 0 && el('p', {class: 'row'}, stages.map((name, index) => el('span', {}, stage(name, stages),
      ` from ${bounds[index]}${left[index] === null ? '' : `, left below ${left[index]}`}`))),
    more.length > 0 && el('dl', {}, more.map(([name, value]) => [el('dt', {}, name), el('dd', {}, el('code', {}, spelled(value)))])),
    score.rules.length > 0 && table(`Rules of ${score.name}`,
      [['Rule', 'said'], ['Contacts', 'number'], ['Points', 'number extra'], ['Share', 'number relative funnel']],
      score.rules.map((rule) => [
        [rule.id, el('div', {}, el('code', {}, without(rule.said)))], count(rule.contacts), number(rule.points),
        share(rule.share),
      ])),
  ];
}

function without({id, ...words}) {
  return Object.entries(words).map(([name, value]) => `${name}: ${spelled(value)}`).join(', ');
}

// As the model's file spells it.
function spelled(value) {
  if (Array.isArray(value)) return `[${value.map(spelled).join(', ')}]`;
  if (value !== null && typeof value === 'object') {
    return `{${Object.entries(value).map(([name, inner]) => `${name}: ${spelled(inner)}`).join(', ')}}`;
  }
  return String(value);
}
