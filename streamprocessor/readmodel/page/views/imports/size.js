// Sizes of files, as people read them.

import {count} from '../../parts/format.js';

export function size(bytes) {
  if (bytes < 2 ** 10) return `${count(bytes)} bytes`;
  return bytes < 2 ** 20 ? `${count(Math.floor(bytes / 2 ** 10))} KiB` : `${count(Math.floor(bytes / 2 ** 20))} MiB`;
}
