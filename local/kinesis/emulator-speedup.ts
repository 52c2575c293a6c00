/** A replacement in the emulator's source text. */
interface SourcePatch {
  readonly why: string;
  readonly pattern: RegExp;
  readonly replacement: string;
}

/**
 * `kinesis-local` 0.6.2 groups the records of a `PutRecords` call under a key that holds the whole content of the
 * shard, and hashes that key once per record: filling a shard takes time with the square of its content (20,000
 * records in two shards: over a minute). Both values are immutable, so their hash is computed once and kept.
 */
const PATCHES: readonly SourcePatch[] = [
  {
    why: 'hash of an immutable vector: the records of a shard',
    pattern:
      /(\$p\.\w+ = \(function\(xs\) \{\n {2}return )(\(\$is_sc_IndexedSeq\(xs\) \? this\.\w+\(xs, this\.\w+\) : \(\(xs instanceof \$c_sci_List\) [^\n]*);\n/,
    replacement: '$1((xs instanceof $$c_sci_Vector) ? (xs.keptHash ??= $2) : $2);\n',
  },
  {
    why: 'hash of an immutable record',
    pattern:
      /(\$c_Lkinesis_mock_models_KinesisRecord\.prototype = [\s\S]*?\$p\.g = \(function\(\) \{\n {2}return )([^;]*);/,
    replacement: '$1(this.keptHash ??= $2);',
  },
];

/**
 * Makes filling a stream take time in proportion to the records. Text that is not found stays as it is: the emulator
 * is then slow, not wrong.
 *
 * @param source text of the emulator's `main.js`
 * @returns the text to run, and what could not be applied
 */
export function speedUpEmulator(source: string): {
  readonly source: string;
  readonly notApplied: readonly string[];
} {
  let text = source;
  const notApplied: string[] = [];
  for (const { why, pattern, replacement } of PATCHES) {
    const patched = text.replace(pattern, replacement);
    if (patched === text) notApplied.push(why);
    text = patched;
  }
  return { source: text, notApplied };
}
