// What has been opened, as the list of arrays it came in: a letter of 100 MiB lies in memory once, and is read by range.

/// Bytes of every array but the last.
export const PIECE_BYTES = 1048576;

/// One array of several.
export function join(arrays) {
  if (arrays.length === 1) { return arrays[0]; }
  const all = new Uint8Array(arrays.reduce((sum, array) => sum + array.length, 0));
  let filled = 0;
  for (const array of arrays) {
    all.set(array, filled);
    filled += array.length;
  }
  return all;
}

/// A range of the bytes in `pieces`; making a smaller one copies nothing.
export class Plaintext {
  constructor(pieces, start, end) {
    this.pieces = pieces;
    this.start = start;
    this.end = end;
  }

  get length() { return this.end - this.start; }

  /// What lies from `start` to `end` of this one; what lies outside is cut off.
  range(start, end = this.length) {
    const from = this.start + Math.min(Math.max(0, start), this.length);
    return new Plaintext(this.pieces, from, Math.max(from, Math.min(this.start + end, this.end)));
  }

  /// The bytes where they lie, array by array.
  * views() {
    for (let at = this.start; at < this.end;) {
      const within = at % PIECE_BYTES;
      const view = this.pieces[(at - within) / PIECE_BYTES].subarray(within, within + this.end - at);
      yield view;
      at += view.length;
    }
  }

  /// The bytes as one array: for short ranges.
  bytes() { return join([...this.views()]); }

  /// Overwrites all that was opened, also outside this range.
  fill(value) { this.pieces.forEach((piece) => piece.fill(value)); }
}
