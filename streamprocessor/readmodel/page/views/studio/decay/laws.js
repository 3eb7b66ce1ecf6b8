// How points fade, as the file has it, and what is left of them after so many days. The engine's own law is exact; this
// one draws.

import {inDays, spelledDays} from '../fields/durations.js';

const share = (text) => Number(String(text ?? '').replace('%', '')) / 100;
const percent = (value) => `${Number((100 * value).toFixed(2))}%`;
const MOST_PER_DAY = 0.9999;

// word, what it begins as, left(words, days): 0 to 1, handle: days at which the curve is taken, moved(words, days); means: what the handle stands for
export const LAWS = [
  {word: 'none', begin: 'none', left: () => 1},
  {
    word: 'half_life', begin: {half_life: '30d'},
    left: ({half_life: half}, days) => 2 ** (-days / inDays(half)),
    handle: ({half_life: half}) => inDays(half), moved: (words, days) => ({...words, half_life: spelledDays(days)}), means: 'half is left after',
  },
  {
    word: 'percent_per_day', begin: {percent_per_day: '2%'},
    left: ({percent_per_day: lost, every}, days) => (1 - share(lost)) ** (every ? Math.floor(days / inDays(every)) * inDays(every) : days),
    handle: ({percent_per_day: lost}) => Math.log(0.5) / Math.log(1 - share(lost)), means: 'half is left after',
    moved: (words, days) => ({...words, percent_per_day: percent(Math.min(MOST_PER_DAY, 1 - 0.5 ** (1 / days)))}),
  },
  {
    word: 'linear', begin: {linear: {lose: '100%', per: '90d'}},
    left: ({linear: {lose, per}}, days) => Math.max(0, 1 - (share(lose) * days) / inDays(per)),
    handle: ({linear: {per}}) => inDays(per), moved: (words, days) => ({linear: {...words.linear, per: spelledDays(days)}}), means: 'that is lost in',
  },
  {
    word: 'step', begin: {step: {lose: '25%', every: '30d'}},
    left: ({step: {lose, every, mode}}, days) => {
      const steps = Math.floor(days / inDays(every));
      return mode === 'compound' ? (1 - share(lose)) ** steps : Math.max(0, 1 - share(lose) * steps);
    },
    handle: ({step: {every}}) => inDays(every), moved: (words, days) => ({step: {...words.step, every: spelledDays(days)}}), means: 'a step each',
  },
  {
    word: 'expires_after', begin: {expires_after: '30d'},
    left: ({expires_after: end}, days) => (days < inDays(end) ? 1 : 0),
    handle: ({expires_after: end}) => inDays(end), moved: (words, days) => ({expires_after: spelledDays(days)}), means: 'gone after',
  },
];

// The law that these words spell; none: nothing fades.
export function lawOf(words) {
  const word = words === undefined || words === 'none' ? 'none' : Object.keys(words)[0];
  return LAWS.find((law) => law.word === word) ?? LAWS[0];
}

// The share that is left, between 0 and 1; what can't be read leaves all.
export function left(words, days) {
  try {
    const value = lawOf(words).left(words, days);
    return Number.isFinite(value) ? Math.max(0, Math.min(1, value)) : 1;
  } catch {
    return 1;
  }
}

// "half is left after 30 d".
export function decayWords(words) {
  const law = lawOf(words);
  if (law.word === 'none') return 'its points do not fade';
  return `${law.means} ${spelledDays(law.handle(words))}`;
}
