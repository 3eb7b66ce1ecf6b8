// The draft tried on all contacts in the background: asked anew whenever it changes, told as it comes.

import {ask} from '../../../parts/api.js';

const PAUSE_MS = 500;
const EVERY_MS = 700;
const MOST_CHOSEN = 10;

let chosen = null; // of this window, as long as it is open

// preview: {answer, silenced, problem, state, contacts}; onchange(preview): called when there is more to show.
export function previewJob({session, signal, onchange}) {
  const preview = {answer: null, silenced: [], problem: '', state: 'waiting', contacts: chosen ?? [], choose};
  let [timer, mine, id, tried] = [null, new AbortController(), null, null];
  session.onchange(() => later(), signal);
  signal.addEventListener('abort', () => { clearTimeout(timer); end(); });
  begin();
  return preview;

  async function begin() {
    if (chosen === null) {
      const {contacts} = await ask('/api/contacts', {query: {limit: 5}, signal}).catch(() => ({contacts: []}));
      chosen = contacts.map(named);
    }
    preview.contacts = chosen;
    later(0);
  }

  function choose(contacts) {
    preview.contacts = chosen = contacts.slice(0, MOST_CHOSEN);
    tried = null;
    onchange(preview);
    later(0);
  }

  function later(pause = PAUSE_MS) {
    if (tried === session.text || signal.aborted) return;
    clearTimeout(timer);
    timer = setTimeout(run, pause);
  }

  async function run() {
    await end();
    const text = tried = session.text;
    if (session.problems.length || !text.trim()) return tell({answer: null, silenced: [], problem: '', state: 'refused'});
    const turn = mine = new AbortController();
    tell({problem: '', state: 'running'});
    try {
      const {silenced} = await ask('/api/model/difference', {method: 'POST', body: {text}, signal: turn.signal});
      tell({silenced});
      const body = {text, contacts: preview.contacts.map(({contact_id: contact}) => contact)};
      ({id} = await ask('/api/model/previews', {method: 'POST', body, signal: turn.signal}));
      while (!turn.signal.aborted) {
        const answer = await ask(`/api/model/previews/${id}`, {signal: turn.signal});
        if (turn.signal.aborted) return;
        tell({answer: known(answer), state: answer.state, problem: answer.state === 'failed' ? answer.error ?? 'It could not be tried.' : ''});
        if (answer.state !== 'running') return;
        await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
      }
    } catch (problem) {
      if (turn.signal.aborted || problem.name === 'AbortError') return;
      if (problem.status === 401) throw problem;
      tell({answer: null, state: 'failed', problem: problem.message});
    }
  }

  // Until there are figures those of the former draft stay, but for the contacts that are followed.
  function known(answer) {
    if (answer.contacts_read > 0 || answer.state === 'done') return answer;
    return {...preview.answer, ten: answer.ten.length ? answer.ten : preview.answer?.ten ?? []};
  }

  async function end() {
    mine.abort();
    const last = id;
    id = null;
    if (last && preview.state === 'running') await ask(`/api/model/previews/${last}`, {method: 'DELETE'}).catch(() => {}); // it may be over
  }

  function tell(changes) {
    Object.assign(preview, changes);
    if (!signal.aborted) onchange(preview);
  }
}

function named({contact_id, display_name, subtitle}) {
  return {contact_id, display_name, subtitle};
}
