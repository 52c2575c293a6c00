/** A type as PostgreSQL's catalogue describes it. */
export interface PgType {
  readonly oid: number;
  /** `pg_type.typname`, such as `int4` or `_text`. */
  readonly name: string;
  /** `pg_type.typtype`: base, composite, domain, enum, multirange, pseudo or range. */
  readonly kind: 'b' | 'c' | 'd' | 'e' | 'm' | 'p' | 'r';
  /** The type of the elements, domains resolved; only of an array. */
  readonly element?: PgType;
}

/** How values of a type are returned; the array types differ only by their elements. */
export type ValueKind =
  | 'long'
  | 'double'
  | 'real'
  | 'decimal'
  | 'boolean'
  | 'blob'
  | 'text'
  | 'void'
  | 'json'
  | 'date'
  | 'time'
  | 'timestamp'
  | 'timestamptz';

/**
 * The types that can be returned.
 * {@link https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/data-api-operations.html}
 * Of the ranges three are taken to pass; docs/fidelity/data-api.md says which of them reports show.
 */
const KIND_OF_TYPE: Readonly<Record<string, ValueKind>> = {
  int2: 'long',
  int4: 'long',
  int8: 'long',
  oid: 'text',
  float4: 'real',
  float8: 'double',
  numeric: 'decimal',
  bool: 'boolean',
  bit: 'boolean',
  bytea: 'blob',
  text: 'text',
  varchar: 'text',
  bpchar: 'text',
  name: 'text',
  uuid: 'text',
  inet: 'text',
  cidr: 'text',
  void: 'void',
  json: 'json',
  jsonb: 'json',
  int4range: 'text',
  numrange: 'text',
  tstzrange: 'text',
  date: 'date',
  time: 'time',
  timestamp: 'timestamp',
  timestamptz: 'timestamptz',
};

/** Types that the service's driver knows by a name of its own: capitals, and `"CHAR"` with its quotes. */
const DRIVER_TYPES: ReadonlySet<string> = new Set([
  ...['bit', 'box', 'circle', 'daterange', 'int8range', 'interval', 'jsonpath', 'line', 'lseg', 'macaddr'],
  ...['macaddr8', 'money', 'path', 'point', 'polygon', 'record', 'timetz', 'tsrange', 'unknown', 'varbit', 'void'],
]);

/** How a value of the type is returned; undefined for a type the Data API cannot return, and for arrays. */
export function valueKindOf(type: PgType): ValueKind | undefined {
  if (type.element) return undefined;
  return type.kind === 'e' ? 'text' : KIND_OF_TYPE[type.name];
}

/** The name under which an `UnsupportedResultException` mentions the type: `INTERVAL`, `"CHAR"`, `regclass`, `regtype[]`. */
export function unsupportedTypeName(type: PgType): string {
  if (type.element) return `${unsupportedTypeName(type.element)}[]`;
  if (type.name === 'char') return '"CHAR"';
  return DRIVER_TYPES.has(type.name) ? type.name.toUpperCase() : type.name;
}
