// The frame: who is signed in, which view is shown, and moving between them.

import {onGo, go} from './parts/address.js';
import {Problem, signOut, whoAsks} from './parts/api.js';
import {el, tell} from './parts/element.js';
import {personMenu, viewLinks} from './navigation.js';
import {leadsToSearch, searchBox} from './search.js';
import {signInByAddress, signInForm} from './signing_in.js';
import {FIRST, FIRST_OF_SALESPEOPLE, VIEWS} from './views.js';

const main = document.getElementById('main');
let person = null;
let shown = new AbortController();

async function start() {
  onGo(() => render());
  window.addEventListener('popstate', () => render());
  window.addEventListener('unhandledrejection', failed);
  document.addEventListener('click', follow);
  document.addEventListener('keydown', leadsToSearch);
  const {signedIn, refusal} = await signInByAddress();
  try {
    person = signedIn ?? await whoAsks();
  } catch (problem) {
    if (problem.status !== 401) return showProblem(problem);
    person = await signInForm(main, refusal);
  }
  await render();
}

// The view of the present address.
async function render() {
  if (location.pathname === '/') return go((person?.takes_leads ? FIRST_OF_SALESPEOPLE : FIRST) + location.search, {replace: true});
  tell('');
  shown.abort();
  const mine = shown = new AbortController();
  showFrame();
  const route = placed(location.pathname);
  const focused = document.activeElement?.id;
  main.setAttribute('aria-busy', 'true');
  try {
    if (!route) throw new Problem(404, 'not-found', 'There is no such view.');
    const {show} = await route.view.load();
    const place = {rest: route.rest, query: new URLSearchParams(location.search), person, signal: mine.signal};
    const content = await show(place);
    if (!mine.signal.aborted) put(content, focused);
  } catch (problem) {
    if (mine.signal.aborted || problem.name === 'AbortError') return;
    if (problem.status === 401) {
      person = null;
      showFrame();
      person = await signInForm(main);
      return render();
    }
    showProblem(problem);
  } finally {
    if (!mine.signal.aborted) main.removeAttribute('aria-busy');
  }
}

function placed(path) {
  const view = VIEWS.find((each) => path === each.path || (each.path.endsWith('/') && path.startsWith(each.path)));
  if (!view) return null;
  try {
    return {view, rest: decodeURIComponent(path.slice(view.path.length))};
  } catch {
    return null;
  }
}

// Focus stays on a field that is there again, so that filters can be changed one after the other; else it is where the
// content begins.
function put(content, focused) {
  main.replaceChildren(...[content].flat(Infinity).filter(Boolean));
  const heading = main.querySelector('h1');
  document.title = `${heading?.textContent ?? 'streamprocessor'} · streamprocessor`;
  const again = focused && focused !== 'main' && main.querySelector(`#${CSS.escape(focused)}`);
  if (again) return again.focus();
  heading?.setAttribute('tabindex', '-1');
  if (document.activeElement?.id !== 'search') heading?.focus({preventScroll: true}); // else somebody types there
  window.scrollTo(0, 0);
}

function showFrame() {
  const at = placed(location.pathname)?.view;
  document.getElementById('views').replaceChildren(...viewLinks(person, at?.of ?? at?.path));
  showSearch();
  document.getElementById('person').replaceChildren(...(person ? personMenu(person, at?.path, leave) : []));
}

// It stays while views change, with what is typed into it.
function showSearch() {
  const place = document.getElementById('finder');
  const mayRead = person?.scopes.includes('read') ?? false;
  if (mayRead && !place.firstChild) searchBox(place);
  if (!mayRead) place.replaceChildren();
}

async function leave() {
  try {
    await signOut();
  } catch (problem) {
    if (problem.status !== 401) return tell(problem.message);
  }
  shown.abort();
  person = null;
  showFrame();
  person = await signInForm(main);
  await render();
}

function showProblem(problem) {
  const isOurs = !(problem instanceof Problem);
  if (isOurs) console.error(problem);
  const title = problem.status === 404 ? 'Not found' : 'This could not be shown';
  put([
    el('h1', {}, title),
    el('p', {role: 'alert'}, isOurs ? 'Something went wrong in this page; the browser’s console says where.' : problem.message),
    el('p', {}, el('button', {onclick: () => location.reload()}, 'Try again'), ' ', el('a', {href: FIRST}, 'All contacts')),
  ]);
  main.removeAttribute('aria-busy');
}

// What a button's question came back with, where its view does not say it itself.
function failed(event) {
  const {reason} = event;
  if (reason?.name === 'AbortError') return event.preventDefault(); // asked by a view that is not shown any more
  if (!(reason instanceof Problem)) return;
  event.preventDefault();
  if (reason.status === 401) render();
  else tell(reason.message);
}

// Links inside the page change the view; all others, and those for another tab, are the browser's.
// One to a place in this page is not a change of views.
function follow(event) {
  const link = event.target.closest('a[href]');
  if (!link || link.target || link.hasAttribute('download') || link.origin !== location.origin) return;
  if (event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  if (link.hash && link.pathname === location.pathname) {
    event.preventDefault();
    document.getElementById(link.hash.slice(1))?.focus();
    return;
  }
  if (!placed(link.pathname)) return;
  event.preventDefault();
  go(link.getAttribute('href'));
}

start();
