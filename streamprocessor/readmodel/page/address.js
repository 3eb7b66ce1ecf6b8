// Addresses inside the page, and going there.

let listener = () => {};

export function onGo(run) {
  listener = run;
}

// '/contacts?score=fit'; query: an object or pairs, whose empty values are left out.
export function address({path, query = {}}) {
  const kept = new URLSearchParams();
  const pairs = query instanceof URLSearchParams ? [...query] : Object.entries(query);
  for (const [name, value] of pairs) {
    for (const each of Array.isArray(value) ? value : [value]) {
      if (each !== '' && each !== null && each !== undefined) kept.append(name, each);
    }
  }
  const text = kept.toString();
  return text ? `${path}?${text}` : path;
}

export function contactAddress(id) {
  return `/contacts/${encodeURIComponent(id)}`;
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
