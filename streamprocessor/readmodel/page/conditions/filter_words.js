// Filters as people say them.

// A kept filter in words.
export function described({scores = [], attributes = [], suppressed}) {
  const words = scores.map(({score, value, stages = [], at_least: low, at_most: high}) => [
    value ? `${score} of ${value}` : score,
    stages.length ? `is ${stages.join(' or ')}` : '',
    low === undefined ? '' : `from ${low}`,
    high === undefined ? '' : `to ${high}`,
  ].filter(Boolean).join(' '));
  for (const {attribute, ...condition} of attributes) {
    const tests = Object.entries(condition).filter(([, operand]) => operand !== null);
    words.push(`${attribute} ${tests.map(([name, operand]) => `${name.replaceAll('_', ' ')} ${JSON.stringify(operand)}`).join(', ')}`);
  }
  if (suppressed !== undefined && suppressed !== null) words.push(suppressed ? 'suppressed' : 'not suppressed');
  return words.join('; ') || 'everybody';
}
