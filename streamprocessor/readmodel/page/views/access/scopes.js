// What tokens are good for, in words.

export const SCOPES = [
  ['read', 'See contacts, scores, leads and lists'],
  ['write', 'Change segments, subscriptions and leads, and import'],
  ['erase', 'Erase people for good'],
  ['model', 'Change the scoring model: draft, publish and take back'],
  ['tokens', 'Say who may sign in: make and revoke tokens'],
];

// The scopes, the weakest first.
export function inOrder(scopes) {
  return SCOPES.map(([scope]) => scope).filter((scope) => scopes.includes(scope));
}
