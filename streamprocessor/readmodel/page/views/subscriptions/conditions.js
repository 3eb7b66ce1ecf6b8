// Which announcements a subscription gets, chosen from what the model in force has.

import {attributeConditions} from '../../conditions/attribute_conditions.js';
import {amountOf, boxes, options, said, stagesOf} from '../../conditions/choices.js';
import {el} from '../../parts/element.js';
import {choice, field} from '../../parts/fields.js';

const ASKED = ['score', 'value', 'from', 'to', 'score_at_least', 'change_at_least', 'segment', 'attributes'];
const EVENTS = [['became-hot-lead', 'Hot leads'], ['score-updated', 'Every change of a score']];

// Returns {node, written()}: `events`, `when` and `suppressed` of the subscription.
export function conditionFields({subscription, choices}) {
  const when = subscription.when ?? {};
  const {scores, segments, attributes} = choices;
  const others = Object.fromEntries(Object.entries(when).filter(([word]) => !ASKED.includes(word)));
  const events = EVENTS.map(([event, title]) => [
    el('input', {type: 'checkbox', name: 'event', value: event, checked: subscription.events.includes(event), onchange: drawChanges}), title]);
  const score = choice('score', options(scores.map(({name}) => name), when.score, 'any score'), when.score ?? '', drawStages);
  const [[moved, segment]] = Object.entries(when.segment ?? {'': ''});
  const value = el('input', {id: 'value', value: when.value ?? '', autocomplete: 'off'});
  const valueField = field('Value', value);
  const least = figure('score_at_least', when.score_at_least);
  const change = figure('change_at_least', when.change_at_least);
  const move = choice('moved', [['', 'whatever the segment'], ['entered', 'who enters'], ['left', 'who leaves']], moved, drawChanges);
  const segmentList = choice('segment', options(segments, segment, 'choose a segment'), segment);
  const segmentField = field('Segment of the model', segmentList);
  const people = attributeConditions({conditions: when.attributes, attributes});
  const suppressed = el('input', {type: 'checkbox', id: 'suppressed', checked: subscription.suppressed === 'send'});
  const stagePlace = el('div', {class: 'row whole stages'});
  const changes = el('div', {class: 'row whole', hidden: true}, valueField, field('Change at least', change), field('Segment', move), segmentField,
    el('label', {class: 'whole'}, suppressed, ' Of suppressed contacts, too'));
  const elsewhere = el('p', {class: 'whole quiet'}, 'Who enters or leaves a segment is asked of changes of a score, without hot leads.');
  let from, to;
  drawStages();
  drawChanges();

  function drawStages() {
    const isAny = score.value === '';
    const names = stagesOf(scores.filter(({name}) => isAny || name === score.value));
    const ticked = (before, word) => before?.chosen().filter((each) => names.includes(each)) ?? [when[word] ?? []].flat();
    const [fromTicked, toTicked] = [ticked(from, 'from'), ticked(to, 'to')];
    const shown = isAny && fromTicked.length + toTicked.length === 0 ? [] : names; // stages of all scores are many
    [from, to] = [boxes('From stage', shown, fromTicked), boxes('To stage', shown, toTicked)];
    stagePlace.replaceChildren(...(isAny && shown.length === 0 ? [el('span', {class: 'quiet'}, 'With a score, its stages are chosen here.')] : []), from.node, to.node);
    valueField.hidden = !scores.some(({name, by}) => by !== null && name === score.value) && !value.value;
  }

  // What score-updated alone tells can't be asked of hot leads.
  function drawChanges() {
    const tells = events.filter(([box]) => box.checked).map(([box]) => box.value);
    changes.hidden = tells.includes('became-hot-lead') || !tells.includes('score-updated');
    elsewhere.hidden = !changes.hidden || !segments.length;
    segmentField.hidden = move.value === '';
  }

  function written() {
    const isOfChanges = !changes.hidden;
    return {
      events: events.filter(([box]) => box.checked).map(([box]) => box.value),
      ...said({suppressed: isOfChanges && suppressed.checked ? 'send' : ''}),
      ...said({when: said({
        ...others,
        score: score.value,
        value: isOfChanges && !valueField.hidden ? value.value.trim() : '',
        from: from.chosen(),
        to: to.chosen(),
        score_at_least: amountOf(least),
        change_at_least: isOfChanges ? amountOf(change) : undefined,
        segment: isOfChanges && move.value ? {[move.value]: segmentList.value} : {},
        attributes: people.written(),
      })}),
    };
  }

  return {
    node: [
      el('fieldset', {}, el('legend', {}, 'What is sent'), events.map(([box, title]) => el('label', {}, box, ` ${title}`))),
      el('fieldset', {}, el('legend', {}, 'Only when (all of it; what is empty is not asked)'),
        field('Score', score), field('Score at least', least), stagePlace, changes, elsewhere, el('div', {class: 'whole'}, people.node)),
    ],
    written,
  };
}

function figure(id, value) {
  return el('input', {id, type: 'number', step: 'any', class: 'short', value: value ?? ''});
}
