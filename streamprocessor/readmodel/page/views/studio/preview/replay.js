// The draft replayed over all that is kept of what came, beside the model in force: hot leads week by week.

import {ask} from '../../../parts/api.js';
import {el, table} from '../../../parts/element.js';
import {count, exactly} from '../../../parts/format.js';
import {sensitivity} from './sensitivity.js';
import {weeksChart} from './weeks_chart.js';

const EVERY_MS = 1_500;

// One replay for as long as the view is shown. onchange(): there is more to show. Returns {told, problem, text, begin, end}.
export function replayJob({session, signal, onchange}) {
  const replay = {told: null, problem: '', text: null, begin, end};
  let id = null;
  signal.addEventListener('abort', () => { if (id && replay.told?.state === 'running') drop(); });
  return replay;

  async function begin() {
    Object.assign(replay, {told: {state: 'running'}, problem: '', text: session.text});
    onchange();
    try {
      ({id} = await ask('/api/model/replays', {method: 'POST', body: {text: session.text}}));
      while (id && !signal.aborted) {
        const told = await ask(`/api/model/replays/${id}`, {signal});
        Object.assign(replay, {told, problem: told.state === 'failed' ? told.error : ''});
        onchange();
        if (told.state !== 'running') return;
        await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
      }
    } catch (problem) {
      if (problem.name === 'AbortError' || (!id && replay.told === null)) return; // it was stopped
      if (problem.status === 401) throw problem;
      Object.assign(replay, {told: null, problem: problem.message});
      onchange();
    }
  }

  async function end() {
    await drop();
    replay.told = null;
    onchange();
  }

  async function drop() {
    const last = id;
    id = null;
    if (last) await ask(`/api/model/replays/${last}`, {method: 'DELETE'}).catch(() => {}); // it may be over
  }
}

export function replayPanel({session, replay}) {
  const {told, problem} = replay;
  const isRunning = told?.state === 'running';
  return el('section', {}, el('h3', {}, 'Over everything that was kept'),
    el('p', {class: 'quiet'}, 'Replays all that came, as far as it is kept, by the model in force and by this draft. Nobody is told of anything.'),
    el('div', {class: 'row'},
      !isRunning && el('button', {type: 'button', id: 'replay-begin', disabled: session.problems.length > 0, onclick: replay.begin}, told ? 'Replay again' : 'Replay'),
      isRunning && [el('span', {role: 'status'}, progress(told)), el('button', {type: 'button', id: 'replay-end', onclick: replay.end}, 'Stop')]),
    problem && el('p', {class: 'refused lines', role: 'alert'}, problem),
    told?.state === 'done' && outcome(told.answer, replay.text !== session.text));
}

function progress({records, records_all: all, remaining_seconds: rest}) {
  if (!records || !all) return 'Beginning';
  return `${Math.floor((100 * records) / all)} % of ${count(all)}${typeof rest === 'number' ? `, about ${Math.ceil(rest)} seconds more` : ''}`;
}

function outcome({weeks, hot_leads: leads, changed, contacts_all: contacts, input, unmet_rules: unmet, sensitivity: decides}, isOld) {
  return [
    isOld && el('p', {class: 'quiet'}, 'The draft was changed since.'),
    el('p', {}, `${count(leads.before)} hot leads by the model in force, ${count(leads.after)} by the draft; of ${count(contacts)} contacts ${count(changed)} would be shown another score or stage.`),
    weeks.length > 0 && [weeksChart(weeks), el('details', {id: 'replay-weeks'}, el('summary', {}, 'As a table'),
      table('Hot leads week by week', [['Week from', ''], ['In force', 'number'], ['Draft', 'number']], weeks.map(({from, before, after}) => [exactly(from), count(before), count(after)])))],
    unmet?.length > 0 && el('p', {class: 'quiet'}, `Nothing met ${unmet.map(({score, rule}) => (score ? `${rule} of ${score}` : rule)).join(', ')}.`),
    input?.missing_heads?.length > 0 && el('p', {class: 'quiet'}, 'Of some topics the oldest part is not kept any more: ', input.missing_heads.map(({topic}) => topic).join(', '), '.'),
    decides && sensitivity('replay-decides', decides),
  ];
}
