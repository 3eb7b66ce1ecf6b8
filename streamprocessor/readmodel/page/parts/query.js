// Queries of addresses.

// The query without its empty values. query: an object, whose values may be lists, or URLSearchParams.
export function filledIn(query) {
  const pairs = query instanceof URLSearchParams ? [...query] : Object.entries(query);
  return new URLSearchParams(pairs.flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value])
      .filter((each) => each !== '' && each !== null && each !== undefined)
      .map((each) => [name, each])));
}
