// The list as a file.

import {address} from '../../parts/address.js';
import {el} from '../../parts/element.js';
import {opener} from '../../parts/floating.js';
import {viewOf} from './saved_views.js';

// A button that offers the whole list, not this page of it alone. columns: those that are shown.
export function csvMenu(query, columns) {
  const file = (words, more) => el('li', {}, el('a', {
    href: address({path: '/api/export', query: {...viewOf(query), ...more}}), download: 'contacts.csv',
  }, words));
  return opener('csv', {words: 'CSV', id: 'csv-button'},
    el('ul', {class: 'plain'},
      file('These columns', {columns}),
      file('These columns, for Excel', {columns, bom: true}),
      file('All columns and attributes', {columns: []}),
      file('All, for Excel', {columns: [], bom: true})));
}
