// Elements made of names, attributes and texts; nothing is ever read as markup.

const SVG = 'http://www.w3.org/2000/svg';

// el('a', {href: '/x', onclick: f, class: 'big'}, 'text', node, [more]): attributes that are null or false are left out.
export function el(name, attributes = {}, ...children) {
  return filled(document.createElement(name), attributes, children);
}

export function svg(name, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, name), attributes, children);
}

function filled(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (name === 'value') element.value = value;
    else element.setAttribute(name, value === true ? '' : String(value));
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

// A table: columns are [title, class, attributes]; rows are lists of cells (text, node), whose first is the row's heading.
export function table(caption, columns, rows) {
  return el('div', {class: 'wide', role: 'region', 'aria-label': caption, tabindex: '0'},
    el('table', {},
      el('caption', {class: 'unseen'}, caption),
      el('thead', {}, el('tr', {}, columns.map(([title, kind, more]) =>
        el('th', {scope: 'col', class: kind, ...more}, title)))),
      el('tbody', {}, rows.map((cells) => el('tr', {}, cells.map((cell, index) => {
        const kind = columns[index][1];
        return index === 0 ? el('th', {scope: 'row', class: kind}, cell) : el('td', {class: kind}, cell);
      }))))));
}

// What to do next where there is nothing to show yet.
export function empty(title, ...more) {
  return el('div', {class: 'empty'}, el('p', {class: 'lead'}, title), more);
}

// Tell by voice and sight that something was done.
export function tell(text) {
  document.getElementById('told').textContent = text;
}
