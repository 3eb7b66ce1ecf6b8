// The draft that somebody works on: one text, which each act changes through the API. It stays while views change, and
// over a reload of the window.

import {ask} from '../../../parts/api.js';

const KEPT = 'studio-draft';
const MOST_UNDONE = 100;

let current = null;

// The draft of this person: the one that was worked on last, or the model in force.
export async function sessionOf(person) {
  if (current?.owner === person.name) return current;
  const kept = read(person.name);
  current = session(person.name, kept ?? await inForce());
  if (kept) await current.replace(kept.text, {isNew: true});
  return current;
}

// What the draft of the model in force begins with.
export async function inForce() {
  const {label, text, model} = await ask('/api/model/text');
  return {text, model, basedOn: label, name: '', note: '', changedAt: null};
}

function read(owner) {
  try {
    const kept = JSON.parse(sessionStorage.getItem(KEPT));
    return kept?.owner === owner ? kept : null;
  } catch {
    return null;
  }
}

function session(owner, {text, model = {}, basedOn, name, note, changedAt, begun = text}) {
  const listeners = new Set();
  const [undone, done] = [[], []];
  let turn = Promise.resolve();
  const own = {
    owner, text, model, basedOn, name, note, changedAt, begun, saved: text, problems: [], hints: [],

    // make(model): the edits, made of what stands there when it is their turn; none: nothing changes.
    edit(make) {
      return queued(async () => {
        const edits = [make(own.model ?? {})].flat().filter(Boolean);
        if (!edits.length) return;
        take(await ask('/api/model/edit', {method: 'POST', body: {text: own.text, edits}}));
      });
    },

    // Another text in place of this one, as it is.
    replace(next, {isNew = false} = {}) {
      return queued(async () => {
        const answer = await ask('/api/model/check', {method: 'POST', body: {text: next}});
        take({...answer, text: next}, {isNew});
      });
    },

    // Another draft, or revision, in place of this one; what was done to this one can be undone no more.
    begin({text: first, basedOn: label, name: called = '', note: noted = '', changedAt: at = null}) {
      Object.assign(own, {basedOn: label, name: called, note: noted, changedAt: at, begun: first, saved: first});
      return own.replace(first, {isNew: true});
    },

    undo: () => back(done, undone),
    redo: () => back(undone, done),
    get mayUndo() { return done.length > 0; },
    get mayRedo() { return undone.length > 0; },
    get isChanged() { return own.text !== own.begun; },

    // What the draft is called, based on and so on, told to who looks.
    tell(changes) {
      Object.assign(own, changes);
      keep();
      for (const run of listeners) run(own);
    },

    // Calls run(draft) whenever it changes, until the signal fires.
    onchange(run, signal) {
      listeners.add(run);
      signal.addEventListener('abort', () => listeners.delete(run));
    },
  };

  function queued(act) {
    const mine = turn.then(act);
    turn = mine.catch(() => {}); // who asked is told of it; the next one has its turn
    return mine;
  }

  function take(answer, {isNew = false} = {}) {
    if (isNew) done.length = undone.length = 0;
    else if (answer.text !== own.text) {
      done.push(own.text);
      if (done.length > MOST_UNDONE) done.shift();
      undone.length = 0;
    }
    const {text: next, model: words, problems, hints = []} = answer;
    own.tell({text: next, model: words ?? null, problems, hints});
  }

  function back(from, to) {
    return queued(async () => {
      if (!from.length) return;
      const next = from.pop();
      to.push(own.text);
      const answer = await ask('/api/model/check', {method: 'POST', body: {text: next}});
      own.tell({text: next, model: answer.model, problems: answer.problems, hints: answer.hints ?? []});
    });
  }

  function keep() {
    const {text: now, basedOn: label, name: called, note: noted, changedAt: at, begun: first} = own;
    try {
      sessionStorage.setItem(KEPT, JSON.stringify({owner, text: now, basedOn: label, name: called, note: noted, changedAt: at, begun: first}));
    } catch {
      // A window without storage loses it with its reload, and nothing else.
    }
  }

  return own;
}
