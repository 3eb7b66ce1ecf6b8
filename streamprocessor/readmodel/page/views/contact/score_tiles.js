// The scores of a contact side by side: of many the strongest, the others when somebody looks for them.

import {contactAddress} from '../../parts/address.js';
import {el} from '../../parts/element.js';
import {FEW, finder} from '../../parts/finder.js';
import {ago, digits, number, percent, stage} from '../../parts/format.js';

export function tiles(contact, scores, chosen) {
  const list = (some) => el('ul', {class: 'tiles'}, some.map((score) => tile(contact, score, chosen)));
  if (scores.length <= FEW) return list(scores);
  const size = ({name}) => Math.max(...numbersOf(contact.scores[name]).map(Math.abs), 0);
  const strongest = new Set([chosen.score, ...[...scores].sort((one, other) => size(other) - size(one))].slice(0, FEW));
  const others = list(scores.filter((score) => !strongest.has(score)));
  return [
    list([...strongest]),
    el('details', {class: 'more-scores'}, el('summary', {}, `${others.children.length} more scores`),
      finder({id: 'find-score', title: 'Find a score', nodes: () => others.children,
        textOf: (item) => item.querySelector('.tile-name').textContent}),
      others),
  ];
}

function numbersOf(now) {
  return now?.values ? Object.values(now.values).map(({score}) => score ?? 0) : [now?.score ?? 0];
}

function tile(contact, score, chosen) {
  const now = contact.scores[score.name];
  const standing = contact.standing[score.name];
  const isChosen = score.name === chosen.score.name;
  const link = (text, value) => el('a', {
    href: contactAddress(contact.contact_id, {score: score.name, value}),
    'aria-current': isChosen && (!value || value === chosen.value) ? 'true' : null,
  }, text);
  const values = Object.entries(now?.values ?? {});
  return el('li', {class: isChosen ? 'chosen' : null},
    el('span', {class: 'tile-name'}, score.by === null ? link(score.name) : score.name),
    now?.score !== undefined && now.score !== null && el('span', {class: 'big'}, digits(now.score)),
    now ? now.stage && stage(now.stage, score.stages) : el('span', {class: 'quiet'}, 'does not apply'),
    values.map(([value, shown]) => el('span', {}, link(value, value), ` ${number(shown.score)}`)),
    score.by !== null && values.length === 0 && el('span', {class: 'quiet'}, `no ${score.by} yet`),
    standing?.relative !== undefined && standing.relative !== null && now?.score > 0 &&
      el('span', {class: 'quiet'}, `${percent(standing.relative)} relative, above ${percent(standing.percentile_rank)} of all`),
    now?.next_step_at && el('span', {class: 'quiet'}, 'changes by itself ', ago(now.next_step_at)));
}
