// Which views there are: one list, and nothing else has to change when one is added.
//
// A view is a module in views/, with a room of its own where it has more than one, and a line here:
//   path     its whole address but the query; one that ends with / takes what comes after it, decoded, as place.rest
//   title    in the navigation, where people come before what is set up for them; without one it is not shown there (reached from another view)
//   load     imports the module, when it is first wanted
//   of       the path of the view that the navigation marks while this one is shown
//   menu     true: it is in the menu of who is signed in instead
//   scope    the scope a token needs for it to be shown; none: read
// The module exports one function:
//   export async function show(place) -> Node (or a list of nodes) that becomes the content of <main>
// place.rest     "c-42" of /contacts/c-42
// place.query    URLSearchParams of the address: filters, cursors and choices live there, so that every state has a
//                link and the back button works; change it with go(address({path, query})) of parts/address.js
// place.person   {name, scopes, takes_leads} of who is signed in
// place.signal   an AbortSignal that fires when another view comes: end streams and timers with it
// What it asks the API for goes through ask() of parts/api.js; a Problem that is thrown is shown, 401 leads to the sign-in.
// Content is made with el() of parts/element.js, texts alone: markup that comes in data stays text. The first heading is an
// h1; it gets the focus, and its text the title of the window.

export const VIEWS = [
  {path: '/inbox', title: 'Inbox', load: () => import('./views/leads/inbox.js')},
  {path: '/hot-leads', title: 'Hot leads', load: () => import('./views/leads/hot_leads.js')},
  {path: '/contacts', title: 'Contacts', load: () => import('./views/contacts/contacts.js')},
  {path: '/segments', title: 'Segments', load: () => import('./views/segments/segments.js')},
  {path: '/subscriptions', title: 'Subscriptions', load: () => import('./views/subscriptions/subscriptions.js')},
  {path: '/distribution', title: 'Distribution', load: () => import('./views/distribution.js')},
  {path: '/catalogue', title: 'Catalogue', load: () => import('./views/catalogue.js')},
  {path: '/model', title: 'Model', load: () => import('./views/model.js')},
  {path: '/imports', title: 'Import', load: () => import('./views/imports/imports.js')},
  {path: '/access', title: 'Access', menu: true, scope: 'tokens', load: () => import('./views/access/access.js')},
  {path: '/studio', of: '/model', scope: 'model', load: () => import('./views/studio/studio.js')},
  {path: '/subscriptions/', of: '/subscriptions', load: () => import('./views/subscriptions/subscription.js')},
  {path: '/contact', of: '/contacts', load: () => import('./views/contact/contact.js')},
  {path: '/contacts/', of: '/contacts', load: () => import('./views/contact/contact.js')}, // addresses that people have kept
];

export const FIRST = '/contacts';
export const FIRST_OF_SALESPEOPLE = '/inbox';
