import { scanSql, type SqlToken } from './scan-sql.ts';

/** Name of a table, column or other object. */
export interface ObjectName {
  /** As the statement has it, quotes and schema included. */
  readonly written: string;
  /** As PostgreSQL keeps it: lowercase unless quoted, and without the schema `public`. */
  readonly name: string;
}

/** One change of a table, view, type, domain or schema by an ALTER statement. */
export type AlterAction =
  | { readonly kind: 'rename'; readonly to: ObjectName }
  | { readonly kind: 'set-schema' | 'add-constraint' | 'set-not-null' | 'detach' | 'row-security' | 'other' }
  | { readonly kind: 'rename-part' | 'drop-part' | 'drop-constraint'; readonly part: ObjectName }
  | {
      readonly kind: 'change-type' | 'require' | 'set-default' | 'drop-default' | 'generate-always';
      readonly part: ObjectName;
    }
  | {
      readonly kind: 'add-column';
      readonly part: ObjectName;
      /** NOT NULL, or in the primary key. */
      readonly isRequired: boolean;
      /** A row that leaves the column out gets a value. */
      readonly hasDefault: boolean;
    };

/** What a statement does to the schema of a database. */
export type SchemaChange =
  | { readonly kind: 'create'; readonly object: string; readonly name: ObjectName }
  | {
      readonly kind: 'create-index';
      readonly isUnique: boolean;
      readonly name: ObjectName | undefined;
      readonly table: ObjectName;
    }
  | { readonly kind: 'drop'; readonly object: string; readonly names: readonly ObjectName[] }
  | {
      readonly kind: 'alter';
      readonly object: string;
      readonly name: ObjectName;
      /** Each with its text in one line. */
      readonly actions: readonly { readonly action: AlterAction; readonly text: string }[];
    };

/** Words between CREATE, ALTER or DROP and the kind of object that say nothing here. */
const ADJECTIVES = ['GLOBAL', 'LOCAL', 'TEMP', 'TEMPORARY', 'UNLOGGED', 'FOREIGN', 'RECURSIVE', 'MATERIALIZED'];

/**
 * Reads what a statement does to the schema.
 *
 * @param statement one statement, without its `;`
 * @returns `undefined` for a statement that creates, alters and drops nothing by name, such as DML or a DO block, whose
 *   body is not looked into
 */
export function readSchemaChange(statement: string): SchemaChange | undefined {
  const reader = new TokenReader(significantTokens(statement));
  if (reader.take('CREATE')) return readCreate(reader);
  if (reader.take('ALTER')) return readAlter(reader);
  return reader.take('DROP') ? readDrop(reader) : undefined;
}

/** The tokens of a text that mean something. */
export function significantTokens(sql: string): readonly SqlToken[] {
  return scanSql(sql).filter(({ kind }) => kind !== 'space' && kind !== 'comment');
}

function readCreate(reader: TokenReader): SchemaChange | undefined {
  reader.take('OR', 'REPLACE');
  reader.skip(ADJECTIVES);
  const isUnique = reader.take('UNIQUE');
  const object = reader.next();
  reader.take('CONCURRENTLY');
  reader.take('IF', 'NOT', 'EXISTS');
  if (object !== 'INDEX') {
    const name = reader.takeName();
    return name && { kind: 'create', object, name };
  }
  const name = reader.peek() === 'ON' ? undefined : reader.takeName();
  reader.take('ON');
  reader.take('ONLY');
  const table = reader.takeName();
  return table && { kind: 'create-index', isUnique, name, table };
}

function readDrop(reader: TokenReader): SchemaChange {
  reader.skip(ADJECTIVES);
  const object = reader.next();
  reader.take('CONCURRENTLY');
  reader.take('IF', 'EXISTS');
  const names: ObjectName[] = [];
  do {
    const name = reader.takeName();
    if (name !== undefined) names.push(name);
  } while (reader.take(','));
  return { kind: 'drop', object, names };
}

function readAlter(reader: TokenReader): SchemaChange | undefined {
  reader.skip(ADJECTIVES);
  const object = reader.next();
  reader.take('IF', 'EXISTS');
  reader.take('ONLY');
  const name = reader.takeName();
  reader.take('*');
  const actions = reader.splitRest().map((tokens) => ({
    action: readAction(new TokenReader(tokens)),
    text: tokens
      .map(({ text }) => text)
      .join(' ')
      .replaceAll(/\s+/g, ' '),
  }));
  return name && { kind: 'alter', object, name, actions };
}

const OTHER = { kind: 'other' } as const;

function readAction(reader: TokenReader): AlterAction {
  if (reader.take('RENAME')) return readRename(reader);
  if (reader.take('DROP')) return readDropPart(reader);
  if (reader.take('ADD')) return readAdd(reader);
  if (reader.take('ALTER')) return readAlterPart(reader);
  return readWholeAction(reader);
}

/** A change of the object as a whole. */
function readWholeAction(reader: TokenReader): AlterAction {
  if (reader.take('DETACH', 'PARTITION')) return { kind: 'detach' };
  if (reader.take('SET', 'SCHEMA')) return { kind: 'set-schema' };
  if (reader.take('SET', 'NOT', 'NULL')) return { kind: 'set-not-null' };
  const isRowSecurity = (reader.take('ENABLE') || reader.take('FORCE')) && reader.take('ROW', 'LEVEL', 'SECURITY');
  return isRowSecurity ? { kind: 'row-security' } : OTHER;
}

function readRename(reader: TokenReader): AlterAction {
  if (reader.take('CONSTRAINT')) return OTHER;
  if (reader.take('TO')) {
    const to = reader.takeName();
    return to === undefined ? OTHER : { kind: 'rename', to };
  }
  if (reader.take('VALUE')) return { kind: 'rename-part', part: reader.takeText() };
  if (!reader.take('COLUMN')) reader.take('ATTRIBUTE');
  return withPart(reader, (part) => ({ kind: 'rename-part', part }));
}

function readDropPart(reader: TokenReader): AlterAction {
  const kind = reader.take('CONSTRAINT') ? 'drop-constraint' : 'drop-part';
  // Of a domain.
  if (reader.take('NOT', 'NULL') || reader.take('DEFAULT')) return OTHER;
  if (!reader.take('COLUMN')) reader.take('ATTRIBUTE');
  reader.take('IF', 'EXISTS');
  return withPart(reader, (part) => ({ kind, part }));
}

const CONSTRAINTS = ['CONSTRAINT', 'UNIQUE', 'PRIMARY', 'CHECK', 'FOREIGN', 'EXCLUDE'];
const SERIAL_TYPES = ['SERIAL', 'BIGSERIAL', 'SMALLSERIAL', 'SERIAL2', 'SERIAL4', 'SERIAL8'];

function readAdd(reader: TokenReader): AlterAction {
  if (CONSTRAINTS.includes(reader.peek())) return { kind: 'add-constraint' };
  // Of an enumeration, or of a composite type.
  if (reader.take('VALUE') || reader.take('ATTRIBUTE')) return OTHER;
  reader.take('COLUMN');
  reader.take('IF', 'NOT', 'EXISTS');
  return withPart(reader, (part) => {
    const isSerial = SERIAL_TYPES.includes(reader.peek());
    const isDefaultGiven = reader.has('DEFAULT') && !reader.has('DEFAULT', 'NULL');
    return {
      kind: 'add-column',
      part,
      isRequired: reader.has('NOT', 'NULL') || reader.has('PRIMARY', 'KEY'),
      hasDefault: isSerial || isDefaultGiven || reader.has('GENERATED'),
    };
  });
}

function readAlterPart(reader: TokenReader): AlterAction {
  if (reader.take('CONSTRAINT')) return OTHER;
  if (!reader.take('COLUMN')) reader.take('ATTRIBUTE');
  return withPart(reader, (part) => {
    if (reader.take('TYPE') || reader.take('SET', 'DATA', 'TYPE')) return { kind: 'change-type', part };
    if (reader.take('SET', 'NOT', 'NULL')) return { kind: 'require', part };
    if (reader.take('SET', 'DEFAULT')) return { kind: 'set-default', part };
    const alwaysGenerated = reader.take('ADD', 'GENERATED', 'ALWAYS') || reader.take('SET', 'GENERATED', 'ALWAYS');
    if (alwaysGenerated) return { kind: 'generate-always', part };
    const isDropped = reader.take('DROP', 'DEFAULT') || reader.take('DROP', 'IDENTITY');
    return isDropped || reader.take('DROP', 'EXPRESSION') ? { kind: 'drop-default', part } : OTHER;
  });
}

function withPart(reader: TokenReader, action: (part: ObjectName) => AlterAction): AlterAction {
  const part = reader.takeName();
  return part === undefined ? OTHER : action(part);
}

/** Goes through the tokens of a statement from left to right. */
class TokenReader {
  readonly #tokens: readonly SqlToken[];
  #at = 0;

  constructor(tokens: readonly SqlToken[]) {
    this.#tokens = tokens;
  }

  /** The token here, keywords in capitals; empty at the end. */
  peek(ahead = 0): string {
    const token = this.#tokens[this.#at + ahead];
    if (token === undefined) return '';
    return token.kind === 'word' ? token.text.toUpperCase() : token.text;
  }

  next(): string {
    const text = this.peek();
    this.#at += 1;
    return text;
  }

  /** Goes past `words` if they are what comes here. */
  take(...words: readonly string[]): boolean {
    if (!words.every((word, index) => this.peek(index) === word)) return false;
    this.#at += words.length;
    return true;
  }

  /** Goes past any of `words`, as many as there are. */
  skip(words: readonly string[]): void {
    while (words.includes(this.peek())) this.#at += 1;
  }

  /** Whether `words` come anywhere later, outside brackets. */
  has(...words: readonly string[]): boolean {
    let depth = 0;
    for (let index = this.#at; index < this.#tokens.length; index += 1) {
      depth += depthChange(this.#tokens[index]);
      if (depth === 0 && words.every((word, ahead) => this.peek(index - this.#at + ahead) === word)) return true;
    }
    return false;
  }

  /** Goes past a name, of one part or several with points between them, if there is one. */
  takeName(): ObjectName | undefined {
    const parts: SqlToken[] = [];
    do {
      const token = this.#tokens[this.#at];
      if (token === undefined || (token.kind !== 'word' && token.kind !== 'identifier')) break;
      parts.push(token);
      this.#at += 1;
    } while (this.take('.'));
    if (parts.length === 0) return undefined;
    const names = parts.map(({ kind, text }) =>
      kind === 'word' ? text.toLowerCase() : text.slice(1, -1).replaceAll('""', '"'),
    );
    const name = (names[0] === 'public' && names.length > 1 ? names.slice(1) : names).join('.');
    return { written: parts.map(({ text }) => text).join('.'), name };
  }

  /** Goes past one token, whatever it is, and takes it for a name. */
  takeText(): ObjectName {
    const text = this.next();
    return { written: text, name: text };
  }

  /** What comes from here on, cut at each comma outside brackets. */
  splitRest(): readonly (readonly SqlToken[])[] {
    const parts: SqlToken[][] = [[]];
    let depth = 0;
    for (const token of this.#tokens.slice(this.#at)) {
      depth += depthChange(token);
      if (depth === 0 && token.text === ',') parts.push([]);
      else parts.at(-1)?.push(token);
    }
    return parts;
  }
}

function depthChange(token: SqlToken | undefined): number {
  if (token?.kind === 'open' || token?.text === '[') return 1;
  return token?.kind === 'close' || token?.text === ']' ? -1 : 0;
}
