// Places in the words of a draft: what stands there, and how it is changed.
//
// A place is {value, set(next), change(make), of(key)}: set(undefined) takes it away; make(old) gives the next value of
// what stands there when its turn has come, so that two acts one after the other do not undo each other.

const LEAST_OF_SCORES = 3; // a score stays when the last of its words goes

// The word at a path of the model: wordAt(session, 'scores', 'engagement', 'min').
export function wordAt(session, ...path) {
  const value = found(session.model, path);
  const change = (make) => session.edit((model) => edit(model, path, make(found(model, path))));
  return {value, change, set: (next) => change(() => next), of: (key) => wordAt(session, ...path, key)};
}

// A word of a rule; called: {id}, as the rule is called when the turn has come.
export function wordOfRule(session, score, called, word) {
  const change = (make) => session.edit((model) => {
    const next = made(make(ruleOf(model, score, called.id)?.[word]));
    return {op: 'set_rule', score, rule: called.id, word, value: next ?? null};
  });
  return inner(ruleOf(session.model, score, called.id)?.[word], change);
}

function ruleOf(model, score, id) {
  return model?.scores?.[score]?.rules?.find((rule) => rule.id === id);
}

function inner(value, change) {
  return {
    value, change, set: (next) => change(() => next),
    of: (key) => inner(value?.[key], (make) => change((old) => withKey(old, key, make(old?.[key])))),
  };
}

function withKey(old, key, next) {
  if (Array.isArray(old)) return old.flatMap((each, at) => (at === key ? (made(next) === undefined ? [] : [next]) : [each]));
  const {[key]: _, ...others} = old ?? {};
  return made(next) === undefined ? others : {...(old ?? {}), [key]: next};
}

// Nothing in place of what says nothing.
function made(value) {
  const isEmpty = value === null || (typeof value === 'object' && Object.keys(value).length === 0);
  return isEmpty ? undefined : value;
}

function found(model, path) {
  return path.reduce((value, key) => value?.[key], model ?? {});
}

// The one edit that puts `next` there: with the words around it where they are missing, without those left empty by it.
function edit(model, path, next) {
  if (made(next) === undefined) {
    if (found(model, path) === undefined) return null;
    let at = path.length;
    while (at > (path[0] === 'scores' ? LEAST_OF_SCORES : 1) && Object.keys(found(model, path.slice(0, at - 1))).length === 1) at -= 1;
    return {op: 'remove', path: path.slice(0, at)};
  }
  let at = 1;
  while (at < path.length && typeof found(model, path.slice(0, at)) === 'object') at += 1;
  const value = path.slice(at).reduceRight((below, key) => ({[key]: below}), next);
  return {op: 'set', path: path.slice(0, at), value};
}
