// Files that were given and not imported yet.

import {address} from '../../parts/address.js';
import {el} from '../../parts/element.js';
import {ago} from '../../parts/format.js';
import {size} from './chooser.js';

// failed: ids of imports.
export function keptFiles({files, failed}) {
  if (files.length === 0) return [];
  return el('section', {}, el('h2', {}, 'Not imported yet'),
    el('ul', {class: 'plain kept'}, files.map((file) => el('li', {class: 'row'},
      el('a', {href: address({path: '/imports', query: {file: file.id}})}, file.name),
      el('span', {class: 'quiet'}, size(file.bytes), ', deleted ', ago(file.until)),
      failed.includes(file.import_id) && el('span', {class: 'refused'}, 'its import failed')))));
}
