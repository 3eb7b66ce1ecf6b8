// How somebody tries it: a contact form, sent to the collector.

import {el} from './element.js';

// times: how many such forms are sent, each with another message: the same one again within seconds is one act.
export function sampleEvent(times = 1) {
  const numbers = Array.from({length: times}, (_, index) => index + 1).join(' ');
  const message = times === 1 ? '' : ', "message": "\'$n\'"';
  const command = [
    'curl 127.0.0.1:8000/v1/events \\',
    '  -H "Authorization: Bearer $(sed s/local=// .streamprocessor/write-keys)" \\',
    `  -d '{"contact_id": "c-42", "type": "form_submission", "properties": {"form": "contact"${message}}}'`,
  ].join('\n');
  return el('pre', {tabindex: '0'}, el('code', {}, times === 1 ? command : `for n in ${numbers}; do ${command}; done`));
}
