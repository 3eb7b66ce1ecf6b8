// What came: types and properties of the last weeks, what no rule asks for, and rules that nothing met.

import {ask} from '../parts/api.js';
import {el, empty, table} from '../parts/element.js';
import {ago, count, exactly} from '../parts/format.js';

export async function show({signal}) {
  const {since, as_of: asOf, types, unmet_rules: unmet} = await ask('/api/catalogue', {signal});
  if (!types.length) return [el('h1', {}, 'Catalogue'), empty('Nothing has come yet.')];
  return [
    el('h1', {}, 'Catalogue'),
    el('p', {class: 'quiet'}, 'Since ', exactly(since), ', counted ', ago(asOf), '. Values that few contacts have are masked.'),
    unmet.length > 0 && el('section', {}, el('h2', {}, 'Rules that nothing met'),
      table('Rules that nothing met', [['Rule', ''], ['Why', '']],
        unmet.map(({score, rule, why}) => [`${score}/${rule}`, why.map((reason) => el('div', {}, reason))]))),
    el('section', {}, el('h2', {}, 'Types'), table('Types',
      [['Type', ''], ['Came', 'number'], ['Contacts', 'number'], ['Human', 'number extra'], ['From', 'extra'], ['Last', ''], ['Rules', '']],
      types.map((seen) => [seen.type, count(seen.count), count(seen.contacts), `${Math.round(seen.human_share * 100)} %`,
        Object.keys(seen.sources).join(', '), ago(seen.last_at), askers(seen)]))),
    ...types.map(properties),
  ];
}

function askers({type, asked_by: rules, did_you_mean: meant}) {
  if (type === 'attributes') return '';
  if (rules.length) return rules.join(', ');
  return el('span', {class: 'quiet'}, meant ? `no rule asks for it: is it ${meant}?` : 'no rule asks for it');
}

function properties({type, properties: seen}) {
  return seen.length > 0 && el('section', {}, el('h2', {}, type), table(`Properties of ${type}`,
    [['Property', ''], ['Came', 'number'], ['JSON', 'extra'], ['Such as', ''], ['Rules', 'extra']],
    seen.map((each) => [each.path, count(each.count), Object.keys(each.kinds).join(', '), each.examples.join(', '),
      each.asked_by.join(', ')])));
}
