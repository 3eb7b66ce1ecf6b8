// A line in a chart that is dragged from left to right, or moved by the arrow keys.

import {svg} from '../../../parts/element.js';
import {hold, isBeingRedrawn, letGo} from '../draft/redrawing.js';

const PAUSE_MS = 500;

// value, range(): of what it stands for; x(value): where that is in the chart; toValue(x): the other way round.
// row: of its words, below one another where there are several. step, big: of the arrow keys and of Page up and down. onset(value): called once it rests; what is drawn anew waits until that is done. onmove(value): on its way.
export function slider({id, label, value, range, x, top, bottom, words, toValue, onset, onmove = () => {}, row = 0, step = 1, big = 5, spell = String}) {
  let [now, timer, isDragged] = [value, null, false];
  const lineAt = svg('line', {y1: top, y2: bottom, class: 'bound'});
  const grip = svg('rect', {width: 14, height: 22, rx: 4, y: top - 4, class: 'grip'});
  const name = svg('text', {y: top + 8 + 15 * row, class: 'strong'}, '');
  const hit = svg('rect', {width: 24, y: top - 6, height: bottom - top + 6, class: 'hit'});
  const node = svg('g', {id, role: 'slider', tabindex: 0, class: 'slider', 'aria-label': label, 'aria-orientation': 'horizontal',
    onkeydown: pressed, onpointerdown: grabbed, onpointermove: dragged, onpointerup: dropped, onblur: () => { if (!isBeingRedrawn()) rest(); }}, hit, lineAt, grip, name);
  show();
  return node;

  function show() {
    const [low, high] = range();
    const at = x(now);
    for (const [attribute, each] of [['aria-valuenow', now], ['aria-valuemin', Math.min(low, now)], ['aria-valuemax', Math.max(high, now)], ['aria-valuetext', spell(now)]]) node.setAttribute(attribute, each);
    lineAt.setAttribute('x1', at);
    lineAt.setAttribute('x2', at);
    grip.setAttribute('x', at - 7);
    hit.setAttribute('x', at - 12);
    name.setAttribute('x', at + 11);
    name.textContent = `${words} ${spell(now)}`.trim();
  }

  function move(next) {
    hold();
    const [low, high] = range();
    now = Math.max(low, Math.min(high, next));
    show();
    onmove(now);
  }

  function pressed(event) {
    const by = {ArrowLeft: -step, ArrowDown: -step, ArrowRight: step, ArrowUp: step, PageDown: -big, PageUp: big}[event.key];
    const end = {Home: 0, End: 1}[event.key];
    if (by === undefined && end === undefined && event.key !== 'Enter') return;
    event.preventDefault();
    clearTimeout(timer);
    if (event.key === 'Enter') return rest();
    move(by === undefined ? range()[end] : now + by);
    timer = setTimeout(rest, PAUSE_MS);
  }

  function grabbed(event) {
    isDragged = true;
    node.setPointerCapture(event.pointerId);
    node.focus();
    event.preventDefault();
  }

  function dragged(event) {
    if (!isDragged) return;
    const box = node.ownerSVGElement.getBoundingClientRect();
    move(toValue(((event.clientX - box.left) / box.width) * node.ownerSVGElement.viewBox.baseVal.width));
  }

  function dropped() {
    isDragged = false;
    rest();
  }

  function rest() {
    clearTimeout(timer);
    if (now === value) return letGo();
    value = now;
    Promise.resolve(onset(now)).finally(() => { if (now === value) letGo(); }); // else it is on its way again
  }
}
