// Whether each row of a file is a contact, or an event.

// Whether each row is an event, and not a contact.
export function isEvents(words) {
  return words.type !== undefined;
}

// Each row a contact, or each an event of a type; what columns tell of the one they tell of the other.
export function asEvents(words) {
  const {contact, attributes = {}, delimiter, encoding, decimal, thousands} = words;
  return without({contact, type: 'imported', occurred_at: 'now', properties: attributes, delimiter, encoding, decimal, thousands});
}

export function asContacts(words) {
  const {contact, properties = {}, delimiter, encoding, decimal, thousands} = words;
  return without({contact, attributes: properties, delimiter, encoding, decimal, thousands});
}

function without(words) {
  return Object.fromEntries(Object.entries(words).filter(([, each]) => each !== undefined));
}
