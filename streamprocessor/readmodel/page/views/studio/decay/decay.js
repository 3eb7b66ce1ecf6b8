// Step 4: how points fade, of a score and of single rules, and when today's hot leads would cool.

import {el, empty} from '../../../parts/element.js';
import {choice, field} from '../../../parts/fields.js';
import {wordAt, wordOfRule} from '../draft/places.js';
import {durationEntry} from '../fields/duration_entry.js';
import {choiceEntry, entry} from '../fields/entries.js';
import {cooling} from '../preview/cooling.js';
import {hasDecay} from '../points/points.js';
import {curve} from './curve.js';
import {decayWords, lawOf, LAWS} from './laws.js';

const LIKE_THE_SCORE = '';

export function decay({session, at, onat, preview, known}) {
  const words = session.model?.scores?.[at.score];
  if (!words) return empty('There is no score yet.', el('p', {}, 'Begin with Actions.'));
  if (words.combine) return empty(`${at.score} is made of other scores.`, el('p', {}, 'Points fade in those.'));
  const titles = known.words.decay_laws;
  const rules = (words.rules ?? []).filter(hasDecay);
  const rule = rules.find(({id}) => id === at.rule);
  const place = rule ? wordOfRule(session, at.score, rule, 'decay') : wordAt(session, 'scores', at.score, 'decay');
  const inForce = place.value ?? (rule ? words.decay : undefined);
  const title = rule ? `the points of ${rule.id}` : `points of ${at.score}`;
  const [first, others] = [rule ? [[LIKE_THE_SCORE, 'As in the score']] : [], rule ? LAWS : LAWS.filter(({word}) => word !== 'none')];
  const options = [...first, ...(rule ? [] : [[LIKE_THE_SCORE, titles.none.title]]), ...others.map(({word}) => [word, titles[word].title])];
  const law = {value: place.value === undefined ? LIKE_THE_SCORE : lawOf(place.value).word, set: (word) => place.set(LAWS.find((each) => each.word === word)?.begin)};
  return [
    el('h2', {}, 'How points fade'),
    el('div', {class: 'row bottom'},
      field('Of', choice('decay-of', [['', `all rules of ${at.score}, but for those with their own`], ...rules.map(({id, decay: own}) => [id, own === undefined ? id : `${id} (its own)`])], rule?.id ?? '', ({target}) => onat({rule: target.value || null}))),
      choiceEntry({id: 'decay-law', title: 'Law', place: law, options}), numbers(place)),
    el('p', {class: 'quiet'}, titles[lawOf(inForce).word].sentence),
    rule && place.value === undefined && el('p', {class: 'quiet'}, `As in ${at.score}: ${decayWords(words.decay)}. Drag, and it has its own.`),
    curve({id: 'decay-handle', place, words: inForce, title}),
    el('details', {id: 'decay-own'}, el('summary', {}, 'Rules with a law of their own'),
      el('ul', {}, rules.filter((each) => each.decay !== undefined).map((each) => el('li', {}, el('strong', {}, each.id), `: ${decayWords(each.decay)}`)))),
    cooling({preview}),
  ];
}

function numbers(place) {
  const {value} = place;
  if (value === undefined || value === 'none') return null;
  const share = {read: (text) => {
    if (text === '') return undefined;
    if (!/^\d{1,3}(\.\d+)?\s*%?$/.test(text)) throw new RangeError('A percentage, such as 2%');
    return `${text.replace('%', '').trim()}%`;
  }, class: 'short'};
  if (value.half_life) return durationEntry({id: 'decay-half_life', title: 'Half is left after', place: place.of('half_life')});
  if (value.expires_after) return durationEntry({id: 'decay-expires_after', title: 'Gone after', place: place.of('expires_after')});
  if (value.percent_per_day) {
    return [entry({id: 'decay-percent', title: 'Lost a day', place: place.of('percent_per_day'), ...share}),
      durationEntry({id: 'decay-every', title: 'in steps of (nothing: all the time)', place: place.of('every')})];
  }
  if (value.linear) {
    return [entry({id: 'decay-lose', title: 'Lost', place: place.of('linear').of('lose'), ...share}), durationEntry({id: 'decay-per', title: 'in', place: place.of('linear').of('per')})];
  }
  const step = place.of('step');
  return [entry({id: 'decay-lose', title: 'Lost', place: step.of('lose'), ...share}), durationEntry({id: 'decay-every', title: 'each', place: step.of('every')}),
    choiceEntry({id: 'decay-mode', title: 'of', place: step.of('mode'), options: [['', 'what there was'], ['absolute', 'what there was (said)'], ['compound', 'what is left']]})];
}
