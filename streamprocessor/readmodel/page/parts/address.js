// Addresses inside the page, and going there.

import {filledIn} from './query.js';

let listener = () => {};

export function onGo(run) {
  listener = run;
}

// '/contacts?score=fit'; query: an object or URLSearchParams, whose empty values are left out.
export function address({path, query = {}}) {
  const text = filledIn(query).toString();
  return text ? `${path}?${text}` : path;
}

// In the query, where an id may hold anything: slashes, dots, percent signs. query: what else stands there.
export function contactAddress(id, query = {}) {
  return address({path: '/contact', query: {contact_id: id, ...query}});
}

export function subscriptionAddress(name) {
  return `/subscriptions/${encodeURIComponent(name)}`;
}

// state is kept with the place in the window's history.
export function go(where, {replace = false, state = null} = {}) {
  history[replace ? 'replaceState' : 'pushState'](state, '', where);
  listener();
}

// The present address with other values in its query; a cursor belongs to the former ones and goes.
export function goWith(changes) {
  const query = new URLSearchParams(location.search);
  query.delete('cursor');
  for (const [name, value] of Object.entries(changes)) {
    query.delete(name);
    for (const each of Array.isArray(value) ? value : [value]) query.append(name, each ?? '');
  }
  go(address({path: location.pathname, query}));
}
