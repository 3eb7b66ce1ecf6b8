// A part of the view drawn anew while somebody works in it: focus, what is half typed and what is folded open stay.

let isDown = false;
let isHeld = false;
let isRedrawing = false;
let waiting = [];
const FOCUSABLE = 'a[href], button:not(:disabled), input, select, textarea, summary, [tabindex="0"]';
const foldsOf = new WeakMap(); // of each place: what is folded open by its id, also of what is not shown at the moment
document.addEventListener('pointerdown', () => { isDown = true; }, true);
for (const end of ['pointerup', 'pointercancel']) document.addEventListener(end, () => setTimeout(released), true);

// The button that is being pressed must be there still when it is let go.
function released() {
  isDown = false;
  drawWaiting();
}

// Nothing is drawn anew from now on, until it is let go: something is on its way by keys.
export function hold() {
  isHeld = true;
}

export function letGo() {
  isHeld = false;
  drawWaiting();
}

function drawWaiting() {
  if (isDown || isHeld) return;
  const runs = waiting;
  waiting = [];
  for (const run of runs) run();
}

// Whether what leaves the focus does so because it is drawn anew.
export function isBeingRedrawn() {
  return isRedrawing;
}

// Calls draw() for the content of the place, once nothing is pressed or on its way; only the latest of several counts.
export function redraw(place, draw) {
  if (!isDown && !isHeld) return put(place, draw());
  waiting = waiting.filter((run) => run.place !== place);
  waiting.push(Object.assign(() => put(place, draw()), {place}));
}

function put(place, content) {
  const active = place.contains(document.activeElement) ? document.activeElement : null;
  const typed = active && 'drawn' in active.dataset && active.value !== active.dataset.drawn ? active.value : null;
  const selected = typeof active?.selectionStart === 'number' ? [active.selectionStart, active.selectionEnd] : null;
  const index = active ? [...place.querySelectorAll(FOCUSABLE)].indexOf(active) : -1;
  const folds = foldsOf.get(place) ?? new Map();
  foldsOf.set(place, folds);
  for (const each of place.querySelectorAll('details[id]')) folds.set(each.id, each.open);
  const kept = [...place.querySelectorAll('[data-kept]')].filter(({value, dataset}) => value !== dataset.kept).map(({id, value}) => [id, value]);
  isRedrawing = true;
  place.replaceChildren(...[content].flat(Infinity).filter(Boolean));
  isRedrawing = false;
  for (const each of place.querySelectorAll('details[id]')) each.open = folds.get(each.id) ?? each.open;
  for (const [id, value] of kept) restore(place.querySelector(`#${CSS.escape(id)}`), value);
  if (!active) return;
  const again = active.id && place.querySelector(`#${CSS.escape(active.id)}`);
  if (!again) return nearest(place, index)?.focus({preventScroll: true});
  if (typed !== null && 'drawn' in again.dataset) again.value = typed;
  again.focus({preventScroll: true});
  if (selected && typeof again.selectionStart === 'number') again.setSelectionRange(...selected);
}

// Where what had the focus is gone, it is on what stands there now.
function nearest(place, index) {
  const all = [...place.querySelectorAll(FOCUSABLE)];
  return all[Math.min(index, all.length - 1)];
}

// What is chosen for later, and not told to the draft yet: fields with data-kept, which says what they begin as.
function restore(field, value) {
  if (!field || field.dataset.kept === value) return;
  field.value = value;
  field.dispatchEvent(new Event('change'));
}
