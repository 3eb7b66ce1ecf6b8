// Step 2: what each rule gives, and what holds of the score as a whole.

import {el, empty} from '../../../parts/element.js';
import {begun, freeId, kindOfRule, pointsOf, ruleWords} from './kinds.js';
import {ruleForm} from './rule_form.js';
import {scoreWords} from './score_words.js';

const MANY = 8;

// at: {score, rule} that are shown; onat(changes): shows others; known: {seen, words}.
export function points({session, at, onat, known}) {
  const words = session.model?.scores?.[at.score];
  if (!words) return empty('There is no score yet.', el('p', {}, 'Begin with Actions: choose what counts.'));
  const rules = words.rules ?? [];
  const list = el('ol', {class: 'plain rules'}, rules.map((rule, index) => item(rule, index)));
  const status = el('span', {class: 'quiet', role: 'status'});
  return [
    el('div', {class: 'title'}, el('h2', {}, `Rules of ${at.score}`), rules.length > MANY && search()),
    words.combine ? el('p', {class: 'quiet'}, 'It is made of other scores and has no rules of its own.')
      : rules.length ? list : empty('It has no rules yet.', el('p', {}, 'Choose one under Actions, or add one here.')),
    !words.combine && adder(),
    scoreWords({session, score: at.score, known}),
  ];

  function item(rule, index) {
    const isOpen = rule.id === at.rule;
    return el('li', {'data-words': `${rule.id} ${ruleWords(rule, known.words)}`.toLowerCase()},
      el('div', {class: 'rule-row'},
        el('button', {type: 'button', class: 'fold', id: `open-${rule.id}`, 'aria-expanded': String(isOpen), onclick: () => onat({rule: isOpen ? null : rule.id})},
          el('strong', {}, rule.id)),
        el('span', {class: 'quiet rule-words'}, ruleWords(rule, known.words)),
        el('span', {class: 'number rule-points'}, pointsOf(rule)),
        el('span', {class: 'row rule-acts'},
          move(rule, index, -1, '↑', 'Up'), move(rule, index, 1, '↓', 'Down'),
          el('button', {type: 'button', class: 'move', id: `remove-${rule.id}`, 'aria-label': `Remove ${rule.id}`, title: 'Remove', onclick: () => session.edit(() => ({op: 'remove_rule', score: at.score, rule: rule.id}))}, '×'))),
      isOpen && ruleForm({session, score: at.score, rule, index, known, onname: (next) => { at.rule = next; }, ondecay: () => onat({step: 'decay', rule: rule.id})}));
  }

  function move(rule, index, by, sign, words) {
    const before = rules[by < 0 ? index - 1 : index + 2]?.id ?? null;
    return el('button', {type: 'button', class: 'move', id: `${words.toLowerCase()}-${rule.id}`, 'aria-label': `${words}: ${rule.id}`, title: words, disabled: index + by < 0 || index + by >= rules.length,
      onclick: () => session.edit(() => ({op: 'move_rule', score: at.score, rule: rule.id, before}))}, sign);
  }

  function search() {
    return el('div', {class: 'field'}, el('label', {for: 'rule-search'}, 'Search rules'),
      el('input', {id: 'rule-search', type: 'search', autocomplete: 'off', 'data-kept': '', oninput: show, onchange: show}), status);

    function show({target}) {
      const wanted = target.value.trim().toLowerCase();
      const items = [...list.children];
      for (const each of items) each.hidden = !each.dataset.words.includes(wanted);
      status.textContent = wanted ? `${items.filter(({hidden}) => !hidden).length} of ${items.length}` : '';
    }
  }

  function adder() {
    const kind = el('select', {id: 'new-rule-kind', 'data-kept': 'on', 'aria-label': 'Kind of rule'}, Object.entries(known.words.kinds).map(([word, {title}]) => el('option', {value: word}, title)));
    return el('div', {class: 'row adding'}, kind, el('button', {type: 'button', id: 'new-rule', onclick: () => add(kind.value)}, 'Add a rule'));
  }

  async function add(kind) {
    const rule = begun(kind, known.seen.names[0]);
    await session.edit((model) => {
      const id = freeId(kind === 'on' ? rule.on : kind, model.scores[at.score].rules ?? []);
      at.rule = id;
      return {op: 'add_rule', score: at.score, rule: {id, ...rule}, before: null};
    });
    onat({rule: at.rule});
    document.getElementById(`rule-${session.model.scores[at.score].rules.length - 1}-id`)?.focus();
  }
}

// Whether a rule fades at all.
export function hasDecay(rule) {
  return kindOfRule(rule) === 'on';
}
