// The studio: the model drafted in four steps, tried while one works, published and taken back.

import {ask} from '../../parts/api.js';
import {address} from '../../parts/address.js';
import {el, empty, tell} from '../../parts/element.js';
import {opener} from '../../parts/floating.js';
import {actions} from './actions/actions.js';
import {scoreBar} from './actions/score_bar.js';
import {decay} from './decay/decay.js';
import {redraw} from './draft/redrawing.js';
import {inForce, sessionOf} from './draft/session.js';
import {askSeen} from './fields/seen.js';
import {points} from './points/points.js';
import {previewJob} from './preview/job.js';
import {panel} from './preview/panel.js';
import {replayJob} from './preview/replay.js';
import {historyStep} from './publish/history.js';
import {publishStep} from './publish/publish.js';
import {textStep} from './text_step.js';
import {thresholds} from './thresholds/thresholds.js';

const STEPS = [
  ['actions', '1 Actions', actions], ['points', '2 Points', points], ['thresholds', '3 Thresholds', thresholds], ['decay', '4 Decay', decay],
  ['publish', 'Publish', publishStep], ['history', 'History', historyStep], ['text', 'Text', textStep],
];
const OF_A_SCORE = ['actions', 'points', 'thresholds', 'decay'];
const FED_BY_PREVIEW = ['thresholds', 'decay'];
const STILL = ['publish', 'history']; // they ask for themselves, once

export async function show({query, person, signal}) {
  if (!person.scopes.includes('model')) return [el('h1', {}, 'Studio'), empty('Sign in with a token that may change the model.', el('p', {}, 'Its scope is called model.'))];
  const [session, seen, words] = await Promise.all([sessionOf(person), askSeen(signal), ask('/api/model/words', {signal})]);
  const at = {step: query.get('step') ?? 'actions', score: query.get('score'), rule: query.get('rule'), line: null};
  const known = {seen, words};
  const [bar, nav, step, aside] = [el('div', {class: 'studio-bar'}), el('nav', {class: 'steps', 'aria-label': 'Steps'}), el('div', {class: 'studio-step'}), el('aside', {class: 'studio-preview', 'aria-label': 'What it would do'})];
  const preview = previewJob({session, signal, onchange: () => drawPreview()});
  const replay = replayJob({session, signal, onchange: () => { if (at.step === 'thresholds') drawStep(false); }});
  session.onchange(() => draw(), signal);
  draw({isNewStep: true});
  return [el('div', {class: 'title'}, el('h1', {}, 'Studio'), bar), nav, el('div', {class: 'studio'}, step, aside)];

  function onat(changes) {
    Object.assign(at, {line: null}, changes);
    if ('step' in changes) tell('');
    history.replaceState(null, '', address({path: '/studio', query: {step: at.step, score: at.score, rule: at.rule}}));
    draw({isNewStep: 'step' in changes});
  }

  function draw({isNewStep = false} = {}) {
    const names = Object.keys(session.model?.scores ?? {});
    if (!names.includes(at.score)) at.score = names[0] ?? null;
    redraw(bar, drawBar);
    redraw(nav, () => STEPS.map(([name, title]) => el('button', {type: 'button', id: `step-${name}`, 'aria-current': name === at.step ? 'step' : null, onclick: () => onat({step: name})}, title)));
    if (isNewStep || !STILL.includes(at.step)) drawStep(isNewStep);
    drawAside();
  }

  function drawStep(isNewStep) {
    const run = (STEPS.find(([name]) => name === at.step) ?? STEPS[0])[2];
    const isOfAScore = OF_A_SCORE.includes(at.step);
    redraw(step, () => [isOfAScore && scoreBar({session, at, onat}), run({session, at, onat, known, preview, replay, signal})]);
    if (isNewStep && at.rule) document.getElementById(`open-${at.rule}`)?.scrollIntoView({block: 'nearest'});
  }

  function drawPreview() {
    drawAside();
    if (FED_BY_PREVIEW.includes(at.step)) drawStep(false);
  }

  function drawAside() {
    redraw(aside, () => panel({session, preview, online: (line) => onat({step: 'text', line})}));
  }

  function drawBar() {
    return [
      el('span', {class: 'quiet'}, session.name ? `Draft ${session.name}` : 'Draft', session.basedOn ? ` from revision ${session.basedOn}` : ' from nothing',
        session.text === session.begun ? ', unchanged' : session.name && session.text === session.saved ? ', saved' : ', changed'),
      el('span', {class: 'row'},
        el('button', {type: 'button', id: 'undo', disabled: !session.mayUndo, onclick: session.undo}, 'Undo'),
        el('button', {type: 'button', id: 'redo', disabled: !session.mayRedo, onclick: session.redo}, 'Redo'),
        opener('begin-anew', {words: 'Begin anew ▾'}, el('ul', {class: 'plain menu'},
          el('li', {}, el('button', {type: 'button', onclick: () => begun('')}, 'Empty')),
          el('li', {}, el('button', {type: 'button', onclick: () => begun(null)}, 'From what is in force'))))),
    ];
  }

  async function begun(text) {
    const from = await inForce();
    await session.begin({...from, text: text ?? from.text});
    onat({step: 'actions', score: null, rule: null});
    tell(text === '' ? 'An empty draft is open.' : 'What is in force is open as a draft.');
  }
}
