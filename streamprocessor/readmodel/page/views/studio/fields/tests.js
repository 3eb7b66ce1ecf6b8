// Conditions of a rule as rows: {path, test, operand}, and the mapping of the file that they are.

const BY_ITSELF = 'equals'; // written as the value itself
const KINDS = {
  in: 'values', not: 'values', starts_with: 'text', ends_with: 'text', matches: 'text', exists: 'truth', between: 'numbers',
  at_least: 'number', at_most: 'number', greater_than: 'number', less_than: 'number',
};

// The kind of operand: value, values, text, number, numbers or truth.
export function kindOf(test) {
  return KINDS[test] ?? 'value';
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

// "path begins with /pricing and form is contact"; operators: of the API's words for forms.
export function conditionWords(mapping, operators) {
  const words = rowsOf(mapping).map(({path, test, operand}) => {
    const name = path.replace(/^(properties|attributes|context)\./, '');
    const title = operators[test]?.title ?? test;
    return test === 'exists' ? `${name} ${operand ? title : title.replace('is ', 'is not ')}` : `${name} ${title} ${spelledOperand(operand)}`;
  });
  if (mapping?.any) words.push(mapping.any.map((each) => conditionWords(each, operators)).join(' or '));
  return words.join(' and ');
}
