// How a person is written to and called, for whoever looks at a contact in order to do so.

import {el} from '../../parts/element.js';

const ADDRESS = /^[^\s@<>"(),;:]+@[^\s@<>"(),;:]+$/;
const PHONE = /^\+?[0-9][0-9 ()./-]{4,30}$/;

// Links to the address and the phone of the attributes; null where they say neither as one writes it.
export function reachedBy(attributes) {
  const [email, phone] = [attributes.email, attributes.phone].map(written);
  const links = [
    ADDRESS.test(email) && el('a', {href: `mailto:${email.split('@').map(encodeURIComponent).join('@')}`}, email),
    PHONE.test(phone) && el('a', {href: `tel:${phone.replaceAll(/[^+0-9]/g, '')}`}, phone),
  ].filter(Boolean);
  return links.length ? el('p', {class: 'row'}, links) : null;
}

// Attributes may be anything that JSON has.
function written(content) {
  return ['string', 'number'].includes(typeof content) ? String(content).trim() : '';
}
