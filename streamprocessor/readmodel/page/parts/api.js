// Questions to the API, as who is signed in.

import {filledIn} from './query.js';

let csrfToken = '';

// What the API refused, in its own words; content: all that its answer holds.
export class Problem extends Error {
  constructor(status, code, detail, content = {}) {
    super(detail);
    Object.assign(this, {status, code, content});
  }
}

// The JSON of an answer; body: what becomes JSON, or a file, sent as it is. Throws Problem.
export async function ask(path, {method = 'GET', query = {}, body, signal} = {}) {
  const parameters = filledIn(query);
  const headers = {accept: 'application/json'};
  if (method !== 'GET') headers['x-csrf-token'] = csrfToken;
  const isFile = body instanceof Blob;
  if (body !== undefined) headers['content-type'] = isFile ? 'text/plain' : 'application/json';
  const request = {method, headers, signal, body: body === undefined || isFile ? body : JSON.stringify(body)};
  let answer;
  try {
    answer = await fetch(parameters.size ? `${path}?${parameters}` : path, request);
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    throw new Problem(0, 'no-answer', 'The API does not answer. It may be starting anew: try again in a moment.');
  }
  const content = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Problem(answer.status, content.code ?? 'refused', content.detail ?? answer.statusText, content);
  return content;
}

// Who is signed in; throws Problem 401 where nobody is.
export async function whoAsks() {
  const session = await ask('/api/session');
  csrfToken = session.csrf_token ?? '';
  return session;
}

export function signIn(token) {
  return openSession('/api/session', {token});
}

// link: what stands behind # in the address that `streamprocessor sign-in` prints.
export function signInByLink(link) {
  return openSession('/api/session/link', {link});
}

async function openSession(path, body) {
  const session = await ask(path, {method: 'POST', body});
  csrfToken = session.csrf_token;
  return session;
}

export async function signOut() {
  await ask('/api/session', {method: 'DELETE'});
}

// What the API says of a contact; part: 'history', 'export' and so on, '' the contact itself; else as of ask().
export function askContact(id, part = '', {query = {}, ...options} = {}) {
  return ask(part ? `/api/contact/${part}` : '/api/contact', {...options, query: {contact_id: id, ...query}});
}
