/** First bytes of what producers send that is not JSON, and what it is called. */
const FORMATS: readonly (readonly [name: string, magic: string])[] = [
  ['UTF-16', 'fffe'],
  ['UTF-16', 'feff'],
  ['an Avro file', '4f626a01'],
  ['a message of the AWS Glue Schema Registry', '0300'],
  ['a message of the AWS Glue Schema Registry', '0305'],
  ['a message with the id of its schema in front, of Avro or Protobuf', '00'],
  ['Snappy', 'ff060000734e61507059'],
  ['Snappy', '82534e4150505900'],
  ['LZ4', '04224d18'],
  ['bzip2', '425a68'],
  ['xz', 'fd377a585a00'],
  ['a ZIP archive', '504b0304'],
  ['Parquet', '50415231'],
  ['ORC', '4f5243'],
  ['Amazon Ion', 'e00100ea'],
  ['an aggregated record inside of something else', 'f3899ac2'],
  ['gzip inside of something compressed', '1f8b'],
  ['zstd inside of something compressed', '28b52ffd'],
];

const FIRST_BYTES = 12;
const CUSTOM = 'read it with `decode: custom((bytes) => …)`';

/** Describes bytes that are not text: their format if it is known, or how they begin. */
export function describeBytes(bytes: Buffer): string {
  const first = bytes.subarray(0, FIRST_BYTES).toString('hex');
  const format = formatOf(first);
  return format === undefined
    ? `bytes that begin with ${first.replaceAll(/..(?!$)/g, '$& ')}; ${CUSTOM}`
    : `${format}; ${CUSTOM}`;
}

function formatOf(hex: string): string | undefined {
  return FORMATS.find(([, magic]) => hex.startsWith(magic))?.[0];
}

/** Shorter texts are words rather than documents. */
const MIN_BASE64_CHARACTERS = 12;
const BASE64 = /^(?:[\w+/-]{4})+(?:[\w+/-]{2}==|[\w+/-]{3}=)?$/;

/** Says what a text that is not JSON may be, and what to do about it. */
export function adviseText(text: string): string | undefined {
  if (text.trim() === '') return 'the record is empty; `decode: ndjson()` skips such records';
  const format = formatOf(Buffer.from(text.slice(0, FIRST_BYTES)).toString('hex'));
  if (format !== undefined) return `it looks like ${format}; ${CUSTOM}`;
  if (text.length >= MIN_BASE64_CHARACTERS && BASE64.test(text)) return `it looks like base64; ${CUSTOM}`;
  if (/\}\s*\{/.test(text)) return 'where a record holds several documents, `decode: ndjson()`';
  return BEGINS_AS_JSON.test(text) ? undefined : `it does not begin like JSON; ${CUSTOM}`;
}

/** As an object, a list or a string does; what is broken further on needs no other decoder. */
const BEGINS_AS_JSON = /^\s*[{["]/;

/** What a document may be that a schema of single events refuses as a whole, and what to do about it. */
export function adviseDocument(json: unknown): string | undefined {
  if (Array.isArray(json)) return 'where a record is a list of events, `decode: jsonArray()`';
  if (typeof json === 'string') return `where the text holds JSON or base64, ${CUSTOM}`;
  return typeof json === 'object' && json !== null && 'messageType' in json && 'logEvents' in json
    ? 'it is a message of a CloudWatch Logs subscription: `decode: cloudWatchLogs()`'
    : undefined;
}
