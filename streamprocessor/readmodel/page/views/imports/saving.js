// What the columns mean, saved under a name: files with these columns are recognised by it from then on.

import {ask} from '../../parts/api.js';
import {el, tell} from '../../parts/element.js';
import {field, nameInput} from '../../parts/fields.js';

// present() answers the proposal that is shown.
export function saveAs(present) {
  const name = nameInput('mapping-name');
  const refused = el('p', {class: 'refused lines', role: 'alert'});
  let replaced = null; // a name of which was told that there is a mapping
  const save = async (event) => {
    event.preventDefault();
    refused.textContent = '';
    const {mapping_text: text, columns} = present();
    try {
      if (name.value !== replaced && await isSaved(name.value)) {
        replaced = name.value;
        refused.textContent = `${name.value} is saved already, and everybody imports by it. Save once more to replace it, or choose another name.`;
        return;
      }
      const header = columns.map((column) => column.name);
      await ask(`/api/import-mappings/${encodeURIComponent(name.value)}`, {method: 'PUT', body: {mapping_text: text, header}});
      dialog.close();
      tell(`${name.value} is saved: files with these columns are recognised as it.`);
    } catch (problem) {
      if (problem.status === 401) throw problem;
      refused.textContent = problem.message;
    }
  };
  const dialog = el('dialog', {'aria-labelledby': 'save-mapping-title'},
    el('form', {onsubmit: save},
      el('h2', {id: 'save-mapping-title'}, 'Save what the columns mean'),
      el('p', {class: 'quiet'}, 'The next file with these columns is recognised by it, for everybody who imports here.'),
      field('Name', name), refused,
      el('div', {class: 'row'}, el('button', {class: 'main'}, 'Save'),
        el('button', {type: 'button', onclick: () => dialog.close()}, 'Cancel'))));
  return [el('button', {type: 'button', onclick: () => dialog.showModal()}, 'Save for next time'), dialog];
}

async function isSaved(name) {
  const {mappings} = await ask('/api/import-mappings');
  return mappings.some((mapping) => mapping.name === name);
}
