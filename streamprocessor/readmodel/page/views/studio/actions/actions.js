// Step 1: what people do, as it really came, and which of it counts.

import {isMasked} from '../fields/seen.js';
import {el, empty, tell} from '../../../parts/element.js';
import {ago, count} from '../../../parts/format.js';
import {freeId} from '../points/kinds.js';

const POINTS_OF_A_NEW_RULE = 5;

// at: {score}; onat: shows another step; known: {seen}.
export function actions({session, at, onat, known: {seen}}) {
  const rules = session.model?.scores?.[at.score]?.rules ?? [];
  const isCombined = Boolean(session.model?.scores?.[at.score]?.combine);
  const type = el('input', {id: 'other-type', autocomplete: 'off', placeholder: 'webinar_attended', 'data-kept': '', list: 'other-types'});
  const missing = seen.names.filter((name) => !seen.actions.some((each) => each.type === name));
  if (!at.score) return empty('There is no score yet.', el('p', {}, 'Name one above: engagement, say, for what people do.'));
  if (isCombined) return empty(`${at.score} is made of other scores.`, el('p', {}, 'Actions count in those.'));
  return [
    el('h2', {}, 'What counts'),
    el('p', {class: 'quiet'}, seen.since ? ['What came since ', ago(seen.since), '. ', el('span', {class: 'hint'}, 'Values that few contacts have are masked.')] : 'Nothing has come yet; rules can be made all the same.'),
    el('ul', {class: 'plain seen-actions'}, seen.actions.map(action)),
    attributes(),
    el('section', {}, el('h3', {}, 'Others'), el('p', {class: 'quiet'}, 'That have not come yet.'),
      el('div', {class: 'row'}, missing.map((name) => adder({on: name}, name, name.replaceAll('_', ' '))),
        el('label', {for: 'other-type', class: 'unseen'}, 'Name of the action'), type,
        el('button', {type: 'button', id: 'other-add', onclick: () => { if (type.value.trim()) add({on: type.value.trim()}, type.value.trim()); }}, 'Add a rule'))),
  ];

  function action({type: name, count: came, contacts, last_at: last, properties}) {
    const own = rules.filter((rule) => [rule.on].flat().includes(name));
    return el('li', {},
      el('div', {class: 'action-row'}, el('strong', {}, name.replaceAll('_', ' ')),
        el('span', {class: 'quiet'}, `${count(came)} times, by ${count(contacts)} contacts, last `, ago(last)),
        el('span', {class: 'row'}, own.map((rule) => el('button', {type: 'button', class: 'plain-link', id: `see-${name}-${rule.id}`, onclick: () => onat({step: 'points', rule: rule.id})}, rule.id)),
          adder({on: name}, name, 'Add a rule', `for ${name}`))),
      properties.length > 0 && el('details', {id: `seen-${name}`}, el('summary', {}, 'With which properties'),
        properties.map((each) => property(name, each))));
  }

  function property(name, {path, count: came, examples}) {
    const short = path.split('.').slice(1).join('.');
    return el('div', {class: 'seen-property'}, el('code', {}, short), el('span', {class: 'quiet hint'}, `${count(came)} times`),
      el('span', {class: 'row'}, examples.map((text) => (isMasked(text) ? el('span', {class: 'quiet'}, text)
        : adder({on: name, where: {[path]: valueOf(name, path, text)}}, `${name}-${text}`, text, `as a rule for ${name} where ${short} is ${text}`)))));
  }

  function attributes() {
    const written = seen.attributes?.properties ?? [];
    return written.length > 0 && el('section', {}, el('h3', {}, 'What is known of contacts'), written.map(({path, examples}) =>
      el('div', {class: 'seen-property'}, el('code', {}, path.split('.').slice(1).join('.')),
        el('span', {class: 'row'}, examples.map((text) => (isMasked(text) ? el('span', {class: 'quiet'}, text)
          : adder({when: {[path]: valueOf('attributes', path, text)}}, `${path.split('.').at(-1)}-${text}`, text, `as a rule where ${path} is ${text}`)))))));
  }

  function valueOf(name, path, text) {
    if (seen.isBoolean([name], path)) return text === 'true';
    return seen.isNumber([name], path) ? Number(text) : text;
  }

  function adder(words, named, title, more) {
    return el('button', {type: 'button', class: more?.startsWith('as') && 'value', id: `add-${JSON.stringify(words)}`.replaceAll(/\s/g, '_'), 'aria-label': more && `${title} ${more}`, onclick: () => add(words, named)}, title);
  }

  async function add(words, named) {
    let id = '';
    await session.edit((model) => {
      const present = model.scores?.[at.score]?.rules ?? [];
      id = freeId(named, present);
      return {op: 'add_rule', score: at.score, rule: {id, ...words, points: POINTS_OF_A_NEW_RULE}, before: null};
    });
    onat({step: 'points', rule: id});
    document.getElementById(`open-${id}`)?.focus();
    tell(`Rule ${id} is added.`);
  }
}
