// What really came, as the catalogue has it: types, their properties and the values that many contacts have.

import {ask} from '../../../parts/api.js';

const ATTRIBUTES = 'attributes';
const USUAL = ['email_open', 'email_click', 'page_visit', 'form_submission', 'download', 'unsubscribe'];

// {types, names, paths(types), values(types, path), isNumber(types, path)}; attributes stand under the type `attributes`.
export async function askSeen(signal) {
  const {types, since} = await ask('/api/catalogue', {signal});
  const byName = new Map(types.map((each) => [each.type, each]));
  const actions = types.filter(({type}) => type !== ATTRIBUTES);
  const seenIn = (names) => names.flatMap((name) => byName.get(name)?.properties ?? []);
  const atPath = (names, path) => seenIn(names).filter((each) => each.path === path);
  return {
    since,
    actions,
    attributes: byName.get(ATTRIBUTES),
    names: [...new Set([...actions.map(({type}) => type), ...USUAL])],
    paths: (names) => [...new Set(seenIn(names).map(({path}) => path))],
    values: (names, path) => [...new Set(atPath(names, path).flatMap(({examples}) => examples).filter((each) => !isMasked(each)))],
    isNumber: (names, path) => atPath(names, path).some(({kinds}) => 'number' in kinds && !('string' in kinds)),
    isBoolean: (names, path) => atPath(names, path).some(({kinds}) => 'boolean' in kinds && !('string' in kinds)),
  };
}

// Values that few contacts have are forms alone: each letter an x, each digit a 9.
export function isMasked(text) {
  return /[x9]/.test(text) && !/[a-wyzA-Z0-8]/.test(text);
}

// The types that a rule is about.
export function typesOf(rule) {
  const of = rule.on ?? rule.inactivity?.of ?? rule.frequency?.of ?? rule.recency?.of ?? rule.monetary?.of;
  if (rule.when) return [ATTRIBUTES];
  return of === undefined ? [] : [of].flat();
}
