// What changes by itself: asked again and again for as long as its view is shown.

const EVERY_MS = 2_000;

// Calls run() every two seconds until the signal fires or it answers false; what the API refuses meanwhile is passed over.
export function again(signal, run) {
  let timer = null;
  const next = () => { timer = setTimeout(turn, EVERY_MS); };
  async function turn() {
    const goesOn = await run().catch(() => true);
    if (goesOn !== false && !signal.aborted) next();
  }
  signal.addEventListener('abort', () => clearTimeout(timer));
  next();
}

// A place whose content is drawn anew when what it shows has changed, and only then: focus stays where it is.
export function drawn(place, draw) {
  let last = null;
  return (content) => {
    const now = JSON.stringify(content);
    if (now === last) return;
    last = now;
    place.replaceChildren(...[draw(content)].flat().filter(Boolean));
  };
}
