// When today's hot leads would cool under the draft, if nothing comes any more.

import {el} from '../../../parts/element.js';
import {ago, NOTHING} from '../../../parts/format.js';
import {who} from '../../../parts/who.js';

export function cooling({preview}) {
  const rows = preview.answer?.cooling;
  if (!rows) return null;
  return el('section', {}, el('h3', {}, 'When today’s hot leads would cool'),
    rows.length ? el('ul', {class: 'plain names'}, rows.map((contact) => el('li', {class: 'row'}, el('span', {}, who(contact)), contact.at ? ago(contact.at) : el('span', {class: 'quiet'}, `${NOTHING} not by time alone`))))
      : el('p', {class: 'quiet'}, 'Nobody would be hot.'));
}
