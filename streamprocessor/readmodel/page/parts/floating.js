// What floats over the page beside what it belongs to.

import {el} from './element.js';

const GAP = 6;

// The panel below the anchor, or above where there is no room, inside of the window. It is open already, and seen from
// now on.
export function placeBeside(panel, anchor) {
  const at = anchor.getBoundingClientRect();
  const left = Math.max(GAP, Math.min(at.left, document.documentElement.clientWidth - panel.offsetWidth - GAP));
  const isRoomBelow = at.bottom + GAP + panel.offsetHeight <= window.innerHeight;
  const top = isRoomBelow ? at.bottom + GAP : Math.max(GAP, at.top - GAP - panel.offsetHeight);
  panel.style.left = `${left}px`;
  panel.style.top = `${top}px`;
  panel.classList.add('placed');
}

// A button that opens a panel beside it; Escape, and a click elsewhere, close it. button: its attributes.
export function opener(id, {words, ...button}, ...content) {
  const open = el('button', {type: 'button', popovertarget: id, ...button}, words);
  const panel = el('div', {id, popover: 'auto', class: 'floating'}, content);
  panel.addEventListener('toggle', ({newState}) => { if (newState === 'open') placeBeside(panel, open); });
  return [open, panel];
}
