// A card of more on a contact, beside its name while that is pointed at or has the focus.

import {askContact} from '../../parts/api.js';
import {el} from '../../parts/element.js';
import {placeBeside} from '../../parts/floating.js';
import {ago, change, number, spelled, stage} from '../../parts/format.js';

const DELAY_MS = 350;
const STAYS_MS = 200;
const KEPT_MS = 60_000;
const MOST_KEPT = 200;
const kept = new Map();

// The card, and what offers it at a link. asked: {score, value} that it is about; stages: of that score.
export function summaryCard({asked, stages, signal}) {
  const card = el('div', {id: 'summary-card', role: 'tooltip', popover: 'manual', class: 'floating card'});
  let timer = null;
  let wanted = null;
  const later = (run, ms) => {
    clearTimeout(timer);
    timer = setTimeout(run, ms);
  };
  const hide = () => {
    clearTimeout(timer);
    wanted?.removeAttribute('aria-describedby');
    wanted = null;
    if (card.isConnected && card.matches(':popover-open')) card.hidePopover();
  };
  card.addEventListener('pointerenter', () => clearTimeout(timer));
  card.addEventListener('pointerleave', () => later(hide, STAYS_MS));
  document.addEventListener('keydown', ({key}) => { if (key === 'Escape') hide(); }, {signal});
  document.addEventListener('scroll', () => { if (card.matches(':popover-open')) hide(); }, {signal, capture: true, passive: true});
  signal.addEventListener('abort', hide);

  async function show(link, id) {
    wanted = link;
    const summary = await summaryOf(id, asked, signal).catch(() => null);
    if (wanted !== link || !summary || !card.isConnected) return;
    card.replaceChildren(...content(summary, stages).flat().filter(Boolean));
    card.showPopover();
    placeBeside(card, link);
    link.setAttribute('aria-describedby', card.id);
  }

  function offer(link, id) {
    const come = () => { if (wanted !== link) { hide(); later(() => show(link, id), DELAY_MS); } else clearTimeout(timer); };
    link.addEventListener('pointerenter', come);
    link.addEventListener('focus', come);
    link.addEventListener('pointerleave', () => later(hide, STAYS_MS));
    link.addEventListener('blur', hide);
  }

  return {card, offer};
}

function summaryOf(id, asked, signal) {
  const key = JSON.stringify([id, asked]);
  const known = kept.get(key);
  if (known && Date.now() - known.at < KEPT_MS) return known.summary;
  if (kept.size >= MOST_KEPT) kept.clear();
  const summary = askContact(id, 'summary', {query: asked, signal});
  kept.set(key, {at: Date.now(), summary});
  summary.catch(() => kept.delete(key));
  return summary;
}

function content({score_name: name, value, score, stage: now, reasons, changed, cools}, stages) {
  return [
    el('p', {class: 'row'}, el('strong', {}, value ? `${name} of ${value}` : name), score !== null && number(score), now !== null && stage(now, stages)),
    el('dl', {},
      el('dt', {}, 'Because'),
      el('dd', {}, reasons.length ? el('ul', {class: 'plain'}, reasons.map(reason)) : 'nothing gives it points'),
      changed && [el('dt', {}, 'Changed'), el('dd', {}, step(changed, stages))],
      el('dt', {}, 'Cools'),
      el('dd', {}, cools ? ['to ', stage(cools.stage, stages), ' ', ago(cools.at)] : 'not within a year')),
  ];
}

function reason({rule, points, count, last_at: last}) {
  return el('li', {}, change(points), ` ${spelled(rule)}${count > 1 ? ` × ${count}` : ''}`, last && [', ', ago(last)]);
}

function step({at, cause, score, previous, stage: now, previous_stage: was, because}, stages) {
  return [
    ago(at), previous !== null && score !== null && ` from ${number(previous)} to ${number(score)}`,
    was !== null && was !== now && [', ', stage(was, stages), ' to ', stage(now, stages)],
    cause === 'time' ? ', with time' : because.length > 0 && `, by ${because.map(spelled).join(', ')}`,
  ];
}
