// The search of every view: a combobox, whose list is what the API finds while one types.

import {contactAddress, go} from './parts/address.js';
import {ask} from './parts/api.js';
import {el} from './parts/element.js';

const PAUSE_MS = 120;
const SHOWN = 8;

// Puts the search into the place.
export function searchBox(place) {
  let found = [];
  let active = -1;
  let timer = null;
  let asked = new AbortController();
  let answer = Promise.resolve();
  const list = el('ul', {id: 'search-found', role: 'listbox', 'aria-label': 'Contacts', hidden: true, onmousedown: stay});
  const said = el('p', {class: 'unseen', role: 'status'});
  const none = el('p', {class: 'search-none', hidden: true});
  const box = el('input', {
    id: 'search', type: 'text', inputmode: 'search', role: 'combobox', autocomplete: 'off', autocapitalize: 'off',
    spellcheck: 'false', placeholder: 'Search people', maxlength: 200, 'aria-autocomplete': 'list',
    'aria-expanded': 'false', 'aria-controls': 'search-found', 'aria-keyshortcuts': '/',
    oninput: typed, onkeydown: pressed, onfocus: () => box.value && typed(), onblur: close,
  });

  function typed() {
    clearTimeout(timer);
    asked.abort();
    if (!box.value.trim()) return close();
    const mine = asked = new AbortController();
    answer = new Promise((resolve) => {
      mine.signal.addEventListener('abort', resolve);
      timer = setTimeout(() => look(mine.signal).then(resolve), PAUSE_MS);
    });
  }

  async function look(signal) {
    const q = box.value.trim();
    try {
      const {contacts} = await ask('/api/search', {method: 'POST', body: {q, limit: SHOWN}, signal});
      if (!signal.aborted) show(contacts, contacts.length ? '' : `Nobody is found for “${q}”.`);
    } catch (problem) {
      if (problem.name !== 'AbortError' && !signal.aborted) show([], problem.message);
    }
  }

  function show(contacts, words) {
    found = contacts;
    active = -1;
    const alike = contacts.findIndex(({matched}) => matched === 'similar');
    list.replaceChildren(...contacts.map((contact, index) => option(contact, index, index === alike)));
    list.hidden = !contacts.length;
    none.hidden = !words;
    none.textContent = words;
    said.textContent = words || `${contacts.length} found`;
    box.setAttribute('aria-expanded', String(!list.hidden));
    mark(-1);
  }

  function option(contact, index, isFirstAlike) {
    const name = contact.display_name ?? contact.contact_id;
    return el('li', {
      id: `search-${index}`, role: 'option', 'aria-selected': 'false', class: isFirstAlike && 'alike',
      onclick: () => open(contact), onmousemove: () => mark(index),
    },
    el('bdi', {class: 'found-name'}, name),
    contact.subtitle && el('bdi', {class: 'quiet'}, contact.subtitle),
    name !== contact.contact_id && el('span', {class: 'quiet found-id'}, contact.contact_id));
  }

  function mark(index) {
    list.children[active]?.setAttribute('aria-selected', 'false');
    active = index;
    const chosen = list.children[index];
    chosen?.setAttribute('aria-selected', 'true');
    chosen?.scrollIntoView({block: 'nearest'});
    if (chosen) box.setAttribute('aria-activedescendant', chosen.id);
    else box.removeAttribute('aria-activedescendant');
  }

  async function pressed(event) {
    const {key} = event;
    if (event.isComposing) return;
    if ((key === 'ArrowDown' || key === 'ArrowUp') && found.length) {
      event.preventDefault();
      const step = key === 'ArrowDown' ? 1 : -1;
      mark(active < 0 && step < 0 ? found.length - 1 : (active + step + found.length) % found.length);
    } else if (key === 'Enter') {
      event.preventDefault();
      const wanted = box.value;
      await answer; // of what stands there now, not of what stood there before
      if (box.value === wanted && found.length) open(found[Math.max(0, active)]);
    } else if (key === 'Escape') {
      if (list.hidden && none.hidden) box.value = '';
      close();
    }
  }

  function open({contact_id: id}) {
    box.value = '';
    box.blur();
    go(contactAddress(id));
  }

  function close() {
    clearTimeout(timer);
    asked.abort();
    found = [];
    list.hidden = none.hidden = true;
    said.textContent = '';
    box.setAttribute('aria-expanded', 'false');
    mark(-1);
  }

  place.replaceChildren(el('form', {role: 'search', onsubmit: (event) => event.preventDefault()},
    el('label', {for: 'search', class: 'unseen'}, 'Search people'), box, el('kbd', {'aria-hidden': 'true'}, '/'),
    el('div', {class: 'search-shown'}, list, none), said));
}

// A click into the list leaves the focus where it is.
function stay(event) {
  event.preventDefault();
}

// "/" leads to the search, unless somebody types.
export function leadsToSearch(event) {
  const isTyping = event.target.closest?.('input, textarea, select, [contenteditable]');
  if (event.key !== '/' || isTyping || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  const box = document.getElementById('search');
  if (!box || document.querySelector('dialog[open]')) return;
  event.preventDefault();
  box.focus();
  box.select();
}
