import { columnEncoder } from '../tables/column-type.ts';
import { isStorableText } from '../tables/storable-text.ts';

/** What events may name rows by, for each type of a key column. */
interface KeyValues {
  text: string;
  /** Of the extension of this name: capitals and small letters are the same. */
  citext: string;
  /** `char(n)` of any length: blanks at the end do not count. */
  char: string;
  uuid: string;
  boolean: boolean;
  smallint: number;
  integer: number;
  /** Exact beyond 2^53: pass a string or a bigint there. */
  bigint: number | bigint | string;
  numeric: number | bigint | string;
  date: string;
  timestamp: string;
  timestamptz: string;
}

/** Type of a lookup's key column: by its equality the database finds the row. */
export type KeyType = keyof KeyValues;

/** What a key column of type `K` is compared with. */
export type KeyValue<K> = K extends KeyType ? KeyValues[K] : never;

interface KeyForm {
  /** Name of the type in SQL, where it has another one. */
  readonly sql?: string;
  /** The value as the one text under which it is cached and sent, or `undefined` where no row can have it. */
  readonly text: (value: string) => string | undefined;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
/** PostgreSQL takes many more digits; a key with more is no key. */
const NUMERIC = /^[-+]?(?:\d{1,1000}(?:\.\d{0,1000})?|\.\d{1,1000})(?:e[-+]?\d{1,3})?$/i;

function asText(value: string): string | undefined {
  return isStorableText(value) ? value : undefined;
}

function integerOf(bits: number) {
  return (value: string): string | undefined => {
    if (!/^-?\d{1,19}$/.test(value)) return undefined;
    const integer = BigInt(value);
    return BigInt.asIntN(bits, integer) === integer ? integer.toString() : undefined;
  };
}

function timeOf(type: 'date' | 'timestamp' | 'timestamptz') {
  const encode = columnEncoder({ kind: 'one', name: type, nullable: false });
  return (value: string): string | undefined => (encode(value) === undefined ? undefined : value);
}

const KEY_FORMS: Readonly<Record<KeyType, KeyForm>> = {
  text: { text: asText },
  citext: { text: asText },
  // Without a length, so that no key is too long for the cast.
  char: { sql: 'bpchar', text: asText },
  uuid: { text: (value) => (UUID.test(value) ? value.toLowerCase() : undefined) },
  boolean: { text: (value) => (value === 'true' || value === 'false' ? value : undefined) },
  smallint: { text: integerOf(16) },
  integer: { text: integerOf(32) },
  bigint: { text: integerOf(64) },
  numeric: { text: (value) => (NUMERIC.test(value) ? value : undefined) },
  date: { text: timeOf('date') },
  timestamp: { text: timeOf('timestamp') },
  timestamptz: { text: timeOf('timestamptz') },
};

/** Names of all key types, for messages. */
export const KEY_TYPE_NAMES = Object.keys(KEY_FORMS);

/** Whether a declared key type is one, whatever came past TypeScript. */
export function isKeyType(type: unknown): type is KeyType {
  return typeof type === 'string' && Object.hasOwn(KEY_FORMS, type);
}

/** Name of a key type as SQL has it. */
export function keyTypeSql(type: KeyType): string {
  return KEY_FORMS[type].sql ?? type;
}

/**
 * One value of a key as text, in the one form under which it is cached, sent and found again.
 *
 * @returns `undefined` for a value that can't be a key of this type: no row has it, and the cast in the read, which
 *   serves the whole batch, must not meet it; a number beyond 2^53 may be a rounded one
 */
export function keyValueText(type: KeyType, value: unknown): string | undefined {
  if (typeof value === 'string') return KEY_FORMS[type].text(value);
  if (typeof value === 'boolean') return type === 'boolean' ? String(value) : undefined;
  return typeof value === 'bigint' || (typeof value === 'number' && !isNoKeyValue(value))
    ? KEY_FORMS[type].text(String(value))
    : undefined;
}

/** What a lookup takes as a value of a key, for messages. */
export const KEY_VALUES_IN_WORDS = 'text, a bigint or a number up to 2^53';

/** Whether a value is no key but a bug; null and a malformed UUID, which data may hold, only are keys of no row. */
export function isNoKeyValue(value: unknown): boolean {
  if (typeof value === 'number') return !(Math.abs(value) <= Number.MAX_SAFE_INTEGER);
  return (typeof value === 'object' && value !== null) || typeof value === 'function' || typeof value === 'symbol';
}
