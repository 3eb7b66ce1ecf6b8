// Who a contact is: its name first, what it is below, its id small beside that, copied with one click.

import {contactAddress} from './address.js';
import {el, svg, tell} from './element.js';

// The name, or the id where there is none, that leads to the contact; contact: with contact_id, display_name, subtitle.
export function who(contact) {
  const {contact_id: id, display_name: name} = contact;
  const link = el('a', {class: 'who-name', href: contactAddress(id), dir: 'auto'}, name ?? id);
  return name ? [link, belowName(contact)] : [link, ' ', copyButton(id)];
}

// The same as the heading of a view.
export function contactHeading(contact) {
  const {contact_id: id, display_name: name} = contact;
  return name ? [el('h1', {}, el('bdi', {}, name)), belowName(contact)] : el('div', {class: 'row'}, el('h1', {}, id), copyButton(id));
}

function belowName({contact_id: id, subtitle}) {
  return el('div', {class: 'who-more'}, subtitle && el('bdi', {}, subtitle),
    el('span', {class: 'who-id'}, el('code', {}, id), ' ', copyButton(id)));
}

function copyButton(id) {
  return el('button', {class: 'copy', type: 'button', 'aria-label': `Copy the id ${id}`, title: 'Copy the id', onclick: copy},
    svg('svg', {viewBox: '0 0 16 16', 'aria-hidden': 'true'},
      svg('path', {d: 'M5.5 5.5h8v8h-8zM3.5 10.5h-1v-8h8v1'})));

  async function copy() {
    try {
      await navigator.clipboard.writeText(id);
    } catch {
      // Browsers keep the clipboard from pages that came without TLS, and from windows that are not in front.
      tell(`The id could not be copied: ${id}`);
      return;
    }
    tell(`Id ${id} copied.`);
  }
}
