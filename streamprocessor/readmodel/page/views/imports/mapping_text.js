// What the columns mean as text, for those who like to write it.

import {el} from '../../parts/element.js';

// ontext is told the text that somebody wants to be used. Returns {node, show(proposal)}.
export function mappingText(ontext) {
  const text = el('textarea', {id: 'mapping-text', rows: 14, spellcheck: 'false', 'aria-label': 'What its columns mean, as text'});
  const node = el('details', {}, el('summary', {}, 'As text'),
    el('form', {class: 'written', onsubmit: (event) => { event.preventDefault(); ontext(text.value); }},
      el('p', {class: 'quiet hint'}, 'The words of the files in deploy/imports, in YAML; deploy/imports/example.yaml has all of them.'),
      text, el('div', {class: 'row'}, el('button', {}, 'Use this text'))));
  return {node, show: ({mapping_text: written}) => { if (document.activeElement !== text) text.value = written ?? ''; }};
}
