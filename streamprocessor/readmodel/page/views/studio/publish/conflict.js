// Somebody else was first: what they changed, and the two ways on.

import {el} from '../../../parts/element.js';
import {ago} from '../../../parts/format.js';
import {differenceList} from './differences.js';

export function conflict({other, differences, onover, onanew}) {
  return el('section', {class: 'conflict', 'aria-label': 'Somebody else was first'},
    el('h3', {tabindex: -1}, 'Somebody else was first'),
    el('p', {}, el('strong', {}, other.author || 'Somebody'), ` put revision ${other.label} in force `, ago(other.applied_at), other.note ? `: ${other.note}` : '', '. This is what differs since this draft was begun:'),
    differenceList(differences, 'What somebody else changed'),
    el('div', {class: 'row'},
      el('button', {type: 'button', class: 'main', id: 'conflict-anew', onclick: onanew}, 'Begin anew from theirs'),
      el('button', {type: 'button', id: 'conflict-over', onclick: onover}, 'Publish mine over it')),
    el('p', {class: 'quiet hint'}, 'To begin anew leaves this draft behind: save it first, or download it under Text, if you want it back.'));
}
