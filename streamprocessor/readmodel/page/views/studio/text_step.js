// The draft as the text of its file: to read, change, copy, download, paste, or take from a file.

import {el, tell} from '../../parts/element.js';
import {isBeingRedrawn} from './draft/redrawing.js';

const LINE_HEIGHT_EM = 1.45;

export function textStep({session, at}) {
  const area = el('textarea', {id: 'draft-text', 'aria-label': 'The model as YAML', spellcheck: 'false', rows: 24, wrap: 'off', value: session.text, 'data-drawn': session.text, onblur: take});
  const file = el('input', {type: 'file', id: 'draft-file', accept: '.yaml,.yml,text/yaml', onchange: bring});
  if (at.line) queueMicrotask(() => lead(at.line));
  return [
    el('h2', {}, 'The file'),
    el('p', {class: 'quiet'}, 'As it goes to git, with its comments. What you change here counts as soon as you leave the field.'),
    el('div', {class: 'row'},
      el('button', {type: 'button', id: 'text-download', onclick: download}, 'Download'),
      el('button', {type: 'button', id: 'text-copy', onclick: copy}, 'Copy'),
      el('label', {class: 'as-button', for: 'draft-file'}, 'Take from a file ', file)),
    el('ol', {class: 'plain'}, session.problems.map(({line, sentence}) => el('li', {class: 'refused'},
      line ? el('button', {type: 'button', class: 'plain-link', onclick: () => lead(line)}, `Line ${line}`) : null, ' ', sentence))),
    area,
  ];

  function take() {
    if (isBeingRedrawn() || area.value === session.text) return;
    area.dataset.drawn = area.value;
    session.replace(area.value);
  }

  // To the line, which is selected.
  function lead(line) {
    const lines = area.value.split('\n');
    const from = lines.slice(0, line - 1).join('\n').length + (line > 1 ? 1 : 0);
    area.focus();
    area.setSelectionRange(from, from + (lines[line - 1]?.length ?? 0));
    area.scrollTop = Math.max(0, (line - 5) * LINE_HEIGHT_EM * parseFloat(getComputedStyle(area).fontSize));
  }

  function download() {
    const url = URL.createObjectURL(new Blob([session.text], {type: 'application/yaml'}));
    const link = el('a', {href: url, download: `${session.model?.name ?? 'scoring'}.yaml`});
    link.click();
    setTimeout(() => URL.revokeObjectURL(url));
  }

  async function copy() {
    area.select();
    try {
      await navigator.clipboard.writeText(session.text);
      tell('Copied.');
    } catch {
      tell('Selected: copy it with the keyboard.'); // without TLS browsers lend no clipboard
    }
  }

  async function bring() {
    const [chosen] = file.files;
    if (!chosen) return;
    await session.replace(await chosen.text());
    tell(`${chosen.name} is taken.`);
  }
}
