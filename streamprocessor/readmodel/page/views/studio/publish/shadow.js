// A candidate that is scored live beside the model in force, without telling anybody.

import {ask} from '../../../parts/api.js';
import {el, tell} from '../../../parts/element.js';
import {ago, count, number, percent} from '../../../parts/format.js';
import {who} from '../../../parts/who.js';
import {again} from '../../../parts/waiting.js';
import {redraw} from '../draft/redrawing.js';
import {inForce} from '../draft/session.js';

export function shadow({session, signal}) {
  const place = el('div', {});
  const refused = el('p', {class: 'refused lines', role: 'alert'});
  look();
  again(signal, async () => (place.isConnected ? look() : false));
  return el('section', {}, el('h2', {}, 'In the shadow'), place);

  async function look() {
    const run = await ask('/api/model/shadow', {signal}).catch((problem) => { if (problem.status !== 404) throw problem; return null; });
    redraw(place, () => (run ? shown(run) : none()));
  }

  function none() {
    return [el('p', {class: 'quiet'}, 'None runs. This draft can be scored live beside the model in force, without telling anybody.'), starter('Score this draft in the shadow'), refused];
  }

  function starter(words) {
    return el('button', {type: 'button', id: 'shadow-start', disabled: session.problems.length > 0, onclick: () => act({method: 'PUT', body: {text: session.text}})}, words);
  }

  function act(request) {
    return told(() => ask('/api/model/shadow', request));
  }

  function promote({version}) {
    return told(async () => {
      const {label} = await inForce();
      const revision = await ask('/api/model/promote', {method: 'POST', body: {based_on: label, version, note: session.note}});
      tell(`Revision ${revision.label} is in force.`);
    });
  }

  async function told(run) {
    refused.textContent = '';
    try {
      await run();
      await look();
    } catch (problem) {
      if (problem.status === 401 || !problem.status) throw problem;
      refused.textContent = problem.message;
    }
  }

  function shown({candidate, since, contacts, agreement, only_live: live, only_shadow: own, hot_leads_a_day: daily, lag_seconds: lag, state, reason}) {
    const isThis = candidate.text === session.text;
    return [
      el('p', {}, el('span', {class: 'state', 'data-state': {failed: 'failed', behind: 'failing'}[state] ?? 'running'}, state), reason ? `: ${reason}` : '', ` ${candidate.name} `, el('code', {class: 'quiet'}, candidate.version),
        isThis ? ', which is this draft' : '', since && [', since ', ago(since)], `, of ${count(contacts ?? 0)} contacts`, lag > 0 && `, ${number(lag)} seconds behind`),
      el('dl', {class: 'facts'},
        Object.entries(agreement ?? {}).map(([name, {agree, disagree}]) => el('div', {}, el('dt', {}, `${name}: same stage`), el('dd', {}, percent(agree + disagree ? (100 * agree) / (agree + disagree) : null)))),
        daily && [el('div', {}, el('dt', {}, 'Hot leads a day, live'), el('dd', {}, number(daily.live))), el('div', {}, el('dt', {}, 'in the shadow'), el('dd', {}, number(daily.shadow)))]),
      crossed('Hot in the shadow alone', own), crossed('Hot live alone', live),
      el('div', {class: 'row'}, !isThis && [starter('Score this draft instead'),
        el('button', {type: 'button', id: 'shadow-open', onclick: async () => { await session.begin({text: candidate.text, basedOn: session.basedOn}); tell('The candidate is open.'); }}, 'Open the candidate as a draft')],
      el('button', {type: 'button', id: 'shadow-promote', onclick: () => promote(candidate)}, 'Put the candidate in force'),
      el('button', {type: 'button', id: 'shadow-end', onclick: () => act({method: 'DELETE'})}, 'End it')), refused,
    ];
  }
}

function crossed(title, contacts) {
  return contacts?.length > 0 && el('details', {id: `shadow-${title}`.replaceAll(' ', '-')}, el('summary', {}, `${title}: ${count(contacts.length)}`),
    el('ul', {class: 'plain names'}, contacts.map((contact) => el('li', {class: 'row'}, el('span', {}, who(contact)), contact.at && ago(contact.at)))));
}
