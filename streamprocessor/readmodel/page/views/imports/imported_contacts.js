// The first contacts of a file that was imported, by their names, as soon as they are scored.

import {contactAddress} from '../../parts/address.js';
import {askContact} from '../../parts/api.js';
import {el} from '../../parts/element.js';
import {again} from '../../parts/waiting.js';

const MOST_TURNS = 30; // an address that another contact has is never scored by itself

export function importedContacts(ids, signal) {
  const names = el('span', {});
  const found = new Map();
  let turns = 0;
  const look = async () => {
    const contacts = await Promise.all(ids.filter((id) => !found.has(id)).map((id) =>
      askContact(id, '', {signal}).catch((problem) => (problem.status === 404 ? null : Promise.reject(problem)))));
    for (const each of contacts.filter(Boolean)) found.set(each.contact_id, each.display_name ?? each.contact_id);
    const known = ids.filter((id) => found.has(id));
    if (known.length > 0) names.replaceChildren(', these among them: ', ...known.flatMap((id, at) => [at > 0 ? ', ' : '', el('a', {href: contactAddress(id)}, el('bdi', {}, found.get(id)))]));
    return known.length < ids.length && ++turns < MOST_TURNS;
  };
  look().catch(() => null);
  again(signal, look);
  return el('p', {}, el('a', {href: '/contacts'}, 'See the contacts'), names);
}
