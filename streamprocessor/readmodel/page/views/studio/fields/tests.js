// Conditions of a rule as rows: {path, test, operand}, and the mapping of the file that they are.

const BY_ITSELF = 'is';

// [word, as people say it, kind of operand]
export const TESTS = [
  [BY_ITSELF, 'is', 'value'], ['in', 'is one of', 'values'], ['not', 'is not', 'values'], ['contains', 'contains', 'value'],
  ['starts_with', 'begins with', 'text'], ['ends_with', 'ends with', 'text'], ['matches', 'matches the expression', 'text'],
  ['at_least', 'is at least', 'number'], ['at_most', 'is at most', 'number'], ['greater_than', 'is more than', 'number'],
  ['less_than', 'is less than', 'number'], ['between', 'is from, to', 'numbers'], ['exists', 'is known', 'truth'],
];

export function kindOf(test) {
  return TESTS.find(([word]) => word === test)?.[2] ?? 'value';
}

export function rowsOf(mapping) {
  return Object.entries(mapping ?? {}).filter(([path]) => path !== 'any').flatMap(([path, tests]) =>
    (tests !== null && typeof tests === 'object'
      ? Object.entries(tests).map(([test, operand]) => ({path, test, operand}))
      : [{path, test: BY_ITSELF, operand: tests}]));
}

// The mapping; any: its alternatives, as they were.
export function mappingOf(rows, any) {
  const mapping = {};
  for (const {path, test, operand} of rows) {
    const others = mapping[path] !== null && typeof mapping[path] === 'object' ? mapping[path] : {};
    mapping[path] = test === BY_ITSELF ? operand : {...others, [test]: operand};
  }
  return any?.length ? {...mapping, any} : mapping;
}

export function spelledOperand(operand) {
  return [operand ?? ''].flat().join(', ');
}

// What a text means beside this test. isNumber, isBoolean: of what came. Throws RangeError with what is wanted.
export function operandOf(text, test, {isNumber = false, isBoolean = false} = {}) {
  const kind = kindOf(test);
  const one = (each) => {
    if (isBoolean && ['true', 'false'].includes(each)) return each === 'true';
    return isNumber && each !== '' && Number.isFinite(Number(each)) ? Number(each) : each;
  };
  const numeric = (each) => {
    if (each === '' || !Number.isFinite(Number(each))) throw new RangeError('A number is wanted here');
    return Number(each);
  };
  const listed = text.split(',').map((each) => each.trim()).filter(Boolean);
  if (kind === 'truth') return text !== 'false';
  if (text.trim() === '') throw new RangeError('A value is wanted here');
  if (kind === 'number') return numeric(text.trim());
  if (kind === 'numbers') {
    if (listed.length !== 2) throw new RangeError('Two numbers are wanted: 10, 50');
    return listed.map(numeric);
  }
  if (kind === 'values') return test === 'not' && listed.length === 1 ? one(listed[0]) : listed.map(one);
  return kind === 'text' ? text.trim() : one(text.trim());
}

// "path begins with /pricing and form is contact".
export function conditionWords(mapping) {
  const words = rowsOf(mapping).map(({path, test, operand}) => {
    const name = path.replace(/^(properties|attributes|context)\./, '');
    if (test === 'exists') return `${name} is ${operand ? 'known' : 'not known'}`;
    return `${name} ${TESTS.find(([word]) => word === test)?.[1] ?? test} ${spelledOperand(operand)}`;
  });
  if (mapping?.any) words.push(mapping.any.map(conditionWords).join(' or '));
  return words.join(' and ');
}
