// Stages as the file has them: {name: from} or {name: {from, leave_below}}.

export function listed(stages) {
  return Object.entries(stages ?? {}).map(([name, said]) =>
    (said !== null && typeof said === 'object' ? {name, from: said.from, leaveBelow: said.leave_below} : {name, from: said}));
}

export function written(list) {
  return Object.fromEntries(list.map(({name, from, leaveBelow}) => [name, leaveBelow === undefined ? from : {from, leave_below: leaveBelow}]));
}

// The stage at `index` beginning at `from`; what is left below stays where it can.
export function moved(list, index, from) {
  return list.map((each, at) => (at === index ? {...each, from} : each));
}

// Between which whole numbers the stage may begin, so that all still rise.
export function roomOf(list, index, [low, high]) {
  return [index > 0 ? list[index - 1].from + 1 : low, index < list.length - 1 ? list[index + 1].from - 1 : high];
}
