// A file dropped or chosen.

import {address, go} from '../../parts/address.js';
import {ask} from '../../parts/api.js';
import {el, tell} from '../../parts/element.js';
import {count} from '../../parts/format.js';
import {remember} from './proposal.js';

const KINDS = '.csv,.tsv,.txt,.xlsx,.parquet,.jsonl,.ndjson,.log,.gz';

export function chooser(mostBytes) {
  const refused = el('p', {class: 'refused lines', role: 'alert'});
  const input = el('input', {id: 'file', type: 'file', accept: KINDS, onchange: () => give(input.files[0])});
  const zone = el('div', {class: 'drop', ondragover: over, ondragleave: out, ondrop: dropped},
    el('label', {for: 'file'}, 'Choose a file'), ' or drop it here', input,
    el('p', {class: 'quiet hint'}, `CSV, Excel, Parquet, JSON Lines or a web server’s log, also with gzip; at most ${size(mostBytes)}.`));

  function over(event) {
    event.preventDefault();
    zone.classList.add('over');
  }

  function out() {
    zone.classList.remove('over');
  }

  function dropped(event) {
    event.preventDefault();
    out();
    give(event.dataTransfer.files[0]);
  }

  async function give(file) {
    if (!file) return;
    refused.textContent = '';
    if (file.size > mostBytes) {
      refused.textContent = `${file.name} is too large: wanted at most ${size(mostBytes)}.`;
      return;
    }
    input.disabled = true;
    zone.setAttribute('aria-busy', 'true');
    tell(`${file.name} is looked at.`);
    try {
      const told = await ask('/api/import-files', {method: 'POST', query: {name: file.name}, body: file});
      remember(told);
      go(address({path: '/imports', query: {file: told.file.id}}));
    } catch (problem) {
      if (problem.status === 401) throw problem;
      tell('');
      refused.textContent = problem.message;
    } finally {
      input.disabled = false;
      input.value = '';
      zone.removeAttribute('aria-busy');
    }
  }

  return [zone, refused];
}

export function size(bytes) {
  if (bytes < 2 ** 10) return `${count(bytes)} bytes`;
  return bytes < 2 ** 20 ? `${count(Math.floor(bytes / 2 ** 10))} KiB` : `${count(Math.floor(bytes / 2 ** 20))} MiB`;
}
