// A part of the view drawn anew while somebody works in it: focus, what is half typed and what is folded open stay.

let isDown = false;
let isRedrawing = false;
let waiting = [];
document.addEventListener('pointerdown', () => { isDown = true; }, true);
for (const end of ['pointerup', 'pointercancel']) document.addEventListener(end, () => setTimeout(released), true);

// The button that is being pressed must be there still when it is let go.
function released() {
  isDown = false;
  const runs = waiting;
  waiting = [];
  for (const run of runs) run();
}

// Whether what leaves the focus does so because it is drawn anew.
export function isBeingRedrawn() {
  return isRedrawing;
}

// Calls draw() for the content of the place, once no button is pressed; only the latest of several counts.
export function redraw(place, draw) {
  if (!isDown) return put(place, draw());
  waiting = waiting.filter((run) => run.place !== place);
  waiting.push(Object.assign(() => put(place, draw()), {place}));
}

function put(place, content) {
  const active = place.contains(document.activeElement) ? document.activeElement : null;
  const typed = active && 'value' in active && active.type !== 'checkbox' && active.value !== active.dataset.drawn ? active.value : null;
  const folds = new Map([...place.querySelectorAll('details[id]')].map((each) => [each.id, each.open]));
  isRedrawing = true;
  place.replaceChildren(...[content].flat(Infinity).filter(Boolean));
  for (const each of place.querySelectorAll('details[id]')) each.open = folds.get(each.id) ?? each.open;
  const again = active?.id && place.querySelector(`#${CSS.escape(active.id)}`);
  if (again) {
    if (typed !== null && active.tagName !== 'SELECT' && 'drawn' in again.dataset) again.value = typed;
    again.focus({preventScroll: true});
  }
  isRedrawing = false;
}
