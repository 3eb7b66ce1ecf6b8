// Which views somebody may go to: links in the header, and the menu of who is signed in.

import {el} from './parts/element.js';
import {opener} from './parts/floating.js';
import {VIEWS} from './views.js';

const FIRST_ONES = 3; // of people; the others are in a menu where there is little room

// The views of the navigation, as far as the person's token shows them; person: null where nobody is signed in.
export function viewLinks(person, section) {
  const seen = person ? shownTo(person).filter((view) => !view.menu) : [];
  const later = seen.slice(FIRST_ONES);
  return [
    ...seen.map((view, index) => link(view, section, index >= FIRST_ONES && 'later')),
    ...(later.length ? opener('more-views', {words: 'More ▾', class: 'more'},
      el('ul', {class: 'plain menu'}, later.map((view) => el('li', {}, link(view, section))))) : []),
  ];
}

// The button that bears the person's name, and what it opens; leave: signs out.
export function personMenu(person, section, leave) {
  const own = shownTo(person).filter((view) => view.menu);
  return opener('person-menu', {words: el('span', {class: 'person-name'}, person.name), class: 'person', 'aria-label': `${person.name}: your menu`},
    el('ul', {class: 'plain menu'},
      own.map((view) => el('li', {}, link(view, section))),
      el('li', {}, el('button', {type: 'button', onclick: leave}, 'Sign out'))));
}

function shownTo(person) {
  return VIEWS.filter((view) => view.title && person.scopes.includes(view.scope ?? 'read'));
}

function link(view, section, kind) {
  return el('a', {href: view.path, class: kind, 'aria-current': view.path === section ? 'page' : null}, view.title);
}
