// Which score and stage make a hot lead, and when one is announced.

import {el} from '../../../parts/element.js';
import {wordAt} from '../draft/places.js';
import {durationEntry} from '../fields/duration_entry.js';
import {choiceEntry, entry} from '../fields/entries.js';
import {namesOf} from '../fields/stages.js';

export function hotLeadFields({session, known}) {
  const root = wordAt(session, 'hot_lead');
  const isList = Array.isArray(root.value);
  const leads = root.value === undefined ? [] : [root.value].flat();
  const spelled = (all, old) => (all.length === 1 && !Array.isArray(old) ? all[0] : all.length ? all : undefined);
  const change = (make) => root.change((old) => spelled(make(old === undefined ? [] : [old].flat()), old));
  return el('section', {}, el('h3', {}, 'Who is a hot lead'),
    !leads.length && el('p', {class: 'quiet'}, 'Nobody is announced yet.'),
    leads.map(lead),
    el('button', {type: 'button', id: 'hot-lead-add', class: leads.length ? null : 'main', onclick: () => change((all) => [...all, begun()])}, leads.length ? 'Another kind of hot lead' : 'Announce who reaches the highest stage'));

  function begun() {
    const scores = Object.entries(session.model.scores ?? {}).filter(([, {stages}]) => stages);
    const [score, {stages}] = scores.find(([name]) => !leads.some((each) => each.score === name)) ?? scores[0] ?? ['', {stages: {}}];
    return {score, stage: namesOf(stages).at(-1) ?? ''};
  }

  function lead(each, index) {
    const at = (word) => {
      if (!isList) return root.of(word);
      return {value: each[word], set: (next) => change((all) => all.map((one, other) => (other === index ? withWord(one, word, next) : one)))};
    };
    const stages = stagesOf(session.model.scores?.[each.score]);
    return el('div', {class: 'row bottom', role: 'group', 'aria-label': `Hot lead ${index + 1}`},
      choiceEntry({id: `hot-${index}-score`, title: 'Score', place: at('score'), options: Object.keys(session.model.scores ?? {})}),
      choiceEntry({id: `hot-${index}-stage`, title: 'from stage', place: at('stage'), options: stages}),
      durationEntry({id: `hot-${index}-announce`, title: 'Old news after (nothing: 24 hours)', place: at('announce_within')}),
      durationEntry({id: `hot-${index}-rearm`, title: 'Not again within', place: at('rearm_after')}),
      entry({id: `hot-${index}-attributes`, title: 'Tells these attributes', place: at('include_attributes'), placeholder: 'none', list: 'hot-attributes',
        spell: (list) => list.join(', '), read: (text) => (text ? text.split(',').map((word) => word.trim()).filter(Boolean) : undefined)}),
      el('datalist', {id: 'hot-attributes'}, known.seen.paths(['attributes']).map((path) => el('option', {value: path.replace('attributes.', '')}))),
      el('button', {type: 'button', id: `hot-${index}-remove`, 'aria-label': `Remove hot lead ${index + 1}`, onclick: () => change((all) => all.filter((_, other) => other !== index))}, '×'));
  }
}

function withWord(lead, word, next) {
  const {[word]: _, ...others} = lead;
  return next === undefined ? others : {...lead, [word]: next};
}

function stagesOf(score) {
  if (!score) return [];
  const {rows, columns, labels} = score.combine?.matrix ?? {};
  return rows && columns ? [...new Set(Object.values(labels ?? {}).flatMap((each) => Object.values(each)))] : namesOf(score.stages);
}
