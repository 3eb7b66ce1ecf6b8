// Imports: a file chosen, what would become of it, then its progress; each state has an address.

import {ask} from '../../parts/api.js';
import {el} from '../../parts/element.js';
import {again, drawn} from '../../parts/waiting.js';
import {chooser} from './chooser.js';
import {keptFiles} from './kept_files.js';
import {jobs} from './jobs.js';
import {proposal} from './proposal.js';

export async function show({query, person, signal}) {
  const mayWrite = person.scopes.includes('write');
  const file = query.get('file');
  if (file && mayWrite) return proposal(file, {signal});
  const askAll = async () => {
    const [told, kept] = await Promise.all([
      ask('/api/imports', {signal}), mayWrite ? ask('/api/import-files', {signal}) : {files: []},
    ]);
    return {...told, ...kept, imports: told.imports};
  };
  const [result, files] = [el('div', {}), el('div', {})];
  const drawJobs = drawn(result, jobs({query, signal, mayWrite}));
  const drawFiles = drawn(files, keptFiles);
  const draw = (told) => {
    drawJobs(told.imports);
    drawFiles({files: told.files, failed: told.imports.filter(({state}) => state === 'failed').map(({id}) => id)});
  };
  const first = await askAll();
  draw(first);
  again(signal, async () => draw(await askAll()));
  const choosing = mayWrite
    ? chooser(first.max_bytes)
    : [el('p', {class: 'quiet'}, 'To import a file, sign in with a token that may write.')];
  return [
    el('h1', {}, 'Import'),
    el('p', {class: 'quiet'}, 'A list of contacts, or what they did: as other programs export it. You see what would become of it before anything is sent. Hot leads of the past are announced to nobody.'),
    ...(query.get('id') ? [result, ...choosing, files] : [...choosing, files, result]),
  ];
}
