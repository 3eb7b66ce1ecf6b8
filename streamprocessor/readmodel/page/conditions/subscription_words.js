// What a subscription asks for, as people say it.

// "to hot or warm, score at least 40, company equals ACME": what is asked of announcements besides their kind.
export function conditions(when) {
  return Object.entries(when ?? {}).map(([name, condition]) => {
    if (name === 'attributes') return condition.map(({attribute, ...tests}) => `${attribute} ${spelled(tests)}`).join(', ');
    return typeof condition === 'object' && !Array.isArray(condition) ? `${name} ${spelled(condition)}` : `${words(name)} ${[condition].flat().join(' or ')}`;
  }).join(', ');
}

// {entered: 'vip'} as "entered vip", {at_least: 3, at_most: 5} as "at least 3 and at most 5".
function spelled(tests) {
  return Object.entries(tests).map(([name, operand]) => `${words(name)} ${[operand].flat().join(' or ')}`).join(' and ');
}

function words(name) {
  return name.replaceAll('_', ' ');
}
