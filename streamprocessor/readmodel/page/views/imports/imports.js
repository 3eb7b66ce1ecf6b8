// Imports: a file chosen, what would become of it, then its progress; each state has an address.

import {ask} from '../../parts/api.js';
import {el} from '../../parts/element.js';
import {chooser} from './chooser.js';
import {jobs} from './jobs.js';
import {proposal} from './proposal.js';

export async function show({query, person, signal}) {
  const mayWrite = person.scopes.includes('write');
  const file = query.get('file');
  if (file && mayWrite) return proposal(file, {signal});
  const [told, kept] = await Promise.all([
    ask('/api/imports', {signal}), mayWrite ? ask('/api/import-files', {signal}) : {files: []},
  ]);
  return [
    el('h1', {}, 'Import'),
    el('p', {class: 'quiet'}, 'A list of contacts, or what they did: as other programs export it. You see what would become of it before anything is sent. Hot leads of the past are announced to nobody.'),
    mayWrite
      ? chooser(kept, told)
      : el('p', {class: 'quiet'}, 'To import a file, sign in with a token that may write.'),
    jobs(told, {query, signal, mayWrite}),
  ];
}
