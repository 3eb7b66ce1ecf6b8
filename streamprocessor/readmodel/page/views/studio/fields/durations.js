// Times, as a number and its unit: 30 days are 30d in the file.

export const UNITS = [['d', 'days'], ['w', 'weeks'], ['h', 'hours'], ['m', 'minutes'], ['s', 'seconds']];
const DAYS = {s: 1 / 86_400, m: 1 / 1_440, h: 1 / 24, d: 1, w: 7};

// "30d" as [30, 'd']; nothing: [null, 'd'].
export function parts(text) {
  const [, amount, unit] = /^0*(\d+)([smhdw])$/.exec(text ?? '') ?? [null, null, 'd'];
  return [amount === null ? null : Number(amount), unit];
}

export function inDays(text) {
  const [amount, unit] = parts(text);
  return amount === null ? null : amount * DAYS[unit];
}

// Days as the file writes them: whole days, or whole hours of less than two days.
export function spelledDays(days) {
  return days < 2 && !Number.isInteger(days) ? `${Math.max(1, Math.round(days * 24))}h` : `${Math.max(1, Math.round(days))}d`;
}

export function durationWords(text) {
  const [amount, unit] = parts(text);
  const [, words] = UNITS.find(([each]) => each === unit);
  return amount === null ? String(text) : `${amount} ${amount === 1 ? words.slice(0, -1) : words}`;
}
