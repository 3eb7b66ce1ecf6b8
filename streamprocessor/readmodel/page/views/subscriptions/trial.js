// A subscription tried before it is in force: its message on a real lead, and one test at its receiver.

import {suggestions} from '../../conditions/choices.js';
import {ask} from '../../parts/api.js';
import {el} from '../../parts/element.js';
import {field} from '../../parts/fields.js';
import {ago} from '../../parts/format.js';

const LEADS = 20;

// read(): {name, subscription} as it is written now. Returns a node.
export function trial({read}) {
  const contact = el('input', {id: 'preview-contact', list: 'preview-leads', autocomplete: 'off', spellcheck: 'false', placeholder: 'the newest hot lead'});
  const leads = el('span', {});
  const shown = el('div', {'aria-live': 'polite'});
  contact.addEventListener('focus', suggest, {once: true});

  async function suggest() {
    const {hot_leads: found} = await ask('/api/hot-leads', {query: {limit: LEADS}});
    const names = new Map(found.map((lead) => [lead.contact_id, lead.display_name ?? '']));
    leads.replaceChildren(suggestions('preview-leads', [...names]));
  }

  async function show(button, path, more, draw) {
    button.disabled = true;
    shown.replaceChildren(el('p', {class: 'quiet'}, 'One moment'));
    try {
      const draft = read();
      shown.replaceChildren(...[draw(await ask(path, {method: 'POST', body: {...draft, ...more}}), draft)].flat());
    } catch (problem) {
      if (!problem.status || problem.status === 401) throw problem;
      shown.replaceChildren(el('p', {class: 'refused lines'}, problem.message));
    } finally {
      button.disabled = false;
    }
  }

  const preview = el('button', {type: 'button', onclick: () => show(preview, '/api/subscriptions/preview', {contact_id: contact.value.trim() || null}, message)}, 'Preview');
  const test = el('button', {type: 'button', onclick: () => show(test, '/api/subscriptions/test', {}, outcome)}, 'Send a test now');
  return el('fieldset', {class: 'stacked'}, el('legend', {}, 'Try it'),
    el('div', {class: 'row bottom'}, field('On contact (id)', contact), preview, test), leads, shown);
}

function message({contact_id: id, display_name: name, at, matches, method, headers, body}) {
  return [
    id === null
      ? el('p', {}, 'Nobody was announced yet: this is a made-up lead.')
      : el('p', {}, matches ? 'It would be sent: ' : 'It would not be sent, the conditions do not hold of it: ', name && el('strong', {}, `${name} `), el('code', {class: 'quiet'}, id), ', ', ago(at)),
    el('div', {class: 'message'}, el('p', {}, el('code', {}, method)),
      el('dl', {}, Object.entries(headers).map(([name, value]) => [el('dt', {}, name), el('dd', {}, el('code', {}, value))])),
      el('pre', {tabindex: '0', 'aria-label': 'Body'}, el('code', {}, spelled(body)))),
  ];
}

function outcome({delivered, status, reason, milliseconds, answer, signed}, {subscription}) {
  const unsigned = subscription.email ? '' : subscription.secrets === 'generate' ? ', not signed yet: its secret is made when it is kept' : ', not signed';
  return [
    el('p', {}, el('span', {class: 'state', 'data-state': delivered ? 'well' : 'failed'}, delivered ? 'Arrived' : 'Did not arrive'),
      `: ${status === null ? reason : `status ${status}`} in ${milliseconds} ms`, !signed && el('span', {class: 'quiet'}, unsigned)),
    answer && el('pre', {tabindex: '0', 'aria-label': 'Answer'}, el('code', {}, answer)),
  ].filter(Boolean);
}

function spelled(body) {
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body;
  }
}
