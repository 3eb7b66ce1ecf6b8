// Stages as the file has them, {name: from} or {name: {from, leave_below}}, in their order, which is rising.

// The order of names is not asked for: JavaScript puts those that are numbers first.
export function listed(stages) {
  const all = Object.entries(stages ?? {}).map(([name, said]) =>
    (said !== null && typeof said === 'object' ? {name, from: said.from, leaveBelow: said.leave_below} : {name, from: said}));
  return all.sort((one, other) => (one.from ?? 0) - (other.from ?? 0));
}

export function namesOf(stages) {
  return listed(stages).map(({name}) => name);
}

// What the file says of one stage.
export function written({from, leaveBelow}) {
  return leaveBelow === undefined ? from : {from, leave_below: leaveBelow};
}

// Between which whole numbers the stage may begin, so that all still rise.
export function roomOf(list, index, [low, high]) {
  return [index > 0 ? list[index - 1].from + 1 : low, index < list.length - 1 ? list[index + 1].from - 1 : high];
}
