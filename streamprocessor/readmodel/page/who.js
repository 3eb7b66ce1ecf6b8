// Who stands in a row of a list.

import {contactAddress} from './address.js';
import {el} from './element.js';
import {value} from './format.js';

const ATTRIBUTES_SHOWN = 3;

export function who(contact) {
  return [
    el('a', {href: contactAddress(contact.contact_id)}, contact.display_name ?? contact.contact_id),
    el('div', {class: 'known'},
      contact.suppressed && el('span', {class: 'flag'}, 'suppressed'),
      contact.display_name ? [contact.subtitle && el('span', {}, contact.subtitle), el('code', {}, contact.contact_id)]
        : Object.entries(contact.attributes).slice(0, ATTRIBUTES_SHOWN).map(([name, content]) => el('span', {title: name}, value(content)))),
  ];
}
