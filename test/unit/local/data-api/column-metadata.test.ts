import { describe, expect, it } from 'vitest';
import { describeColumn, type ColumnSource } from '../../../../local/data-api/column-metadata.ts';
import type { PgType } from '../../../../local/data-api/pg-type.ts';

function type(name: string, kind: PgType['kind'] = 'b'): PgType {
  return { oid: 1, name, kind };
}

function describeOne(of: PgType, typeModifier = -1, source?: ColumnSource) {
  return describeColumn({ label: 'c', type: of, typeModifier, ...(source && { source }) });
}

/** The modifier PostgreSQL stores for `numeric(precision, scale)`. */
function numericModifier(precision: number, scale: number): number {
  return ((precision << 16) | (scale & 0x7ff)) + 4;
}

const JAVA_TYPES: readonly (readonly [string, number])[] = [
  ['bool', -7],
  ['int2', 5],
  ['int4', 4],
  ['int8', -5],
  ['float4', 7],
  ['float8', 8],
  ['numeric', 2],
  ['text', 12],
  ['varchar', 12],
  ['bpchar', 1],
  ['bytea', -2],
  ['date', 91],
  ['time', 92],
  ['timestamp', 93],
  ['timestamptz', 93],
  ['uuid', 1111],
  ['jsonb', 1111],
  ['inet', 1111],
];

describe('describeColumn', () => {
  it('describes an expression with all fourteen members', () => {
    expect(describeColumn({ label: '?column?', type: type('int4'), typeModifier: -1 })).toEqual({
      arrayBaseColumnType: 0,
      isAutoIncrement: false,
      isCaseSensitive: false,
      isCurrency: false,
      isSigned: true,
      label: '?column?',
      name: '?column?',
      nullable: 1,
      precision: 10,
      scale: 0,
      schemaName: '',
      tableName: '',
      type: 4,
      typeName: 'int4',
    });
  });

  it.each(JAVA_TYPES)('gives %s the java.sql.Types code %i', (name, code) => {
    expect(describeOne(type(name))).toMatchObject({ type: code, typeName: name });
  });

  it('describes an array by its own code, its name and the code of its elements', () => {
    const array: PgType = { oid: 2, name: '_text', kind: 'b', element: type('text') };
    expect(describeOne(array)).toMatchObject({ type: 2003, typeName: '_text', arrayBaseColumnType: 12 });
    expect(describeOne(array).precision).toBe(2_147_483_647);
  });

  it('describes an enum as characters under its own name', () => {
    expect(describeOne(type('mood', 'e'))).toMatchObject({ type: 12, typeName: 'mood' });
  });

  it.each([
    ['int2', 'smallserial'],
    ['int4', 'serial'],
    ['int8', 'bigserial'],
  ])('calls an %s with a sequence %s', (name, serial) => {
    const source = { table: 't', notNull: true, autoIncrement: true };
    expect(describeOne(type(name), -1, source)).toMatchObject({
      typeName: serial,
      isAutoIncrement: true,
      nullable: 0,
      tableName: 't',
    });
  });

  it('calls a column that may be null nullable', () => {
    expect(describeOne(type('int4'), -1, { table: 't', notNull: false, autoIncrement: false }).nullable).toBe(1);
  });

  it.each([
    [10, 2],
    [1000, 0],
    [3, 5],
    [2, -3],
  ])('reads precision %i and scale %i of a numeric', (precision, scale) => {
    expect(describeOne(type('numeric'), numericModifier(precision, scale))).toMatchObject({ precision, scale });
  });

  it('reads the length of a varchar and the digits of a timestamp', () => {
    expect(describeOne(type('varchar'), 259).precision).toBe(255);
    expect(describeOne(type('timestamptz'), 3).scale).toBe(3);
  });

  it('gives what has no limit the largest precision', () => {
    expect(describeOne(type('text')).precision).toBe(2_147_483_647);
    expect(describeOne(type('numeric'))).toMatchObject({ precision: 2_147_483_647, scale: 0 });
  });

  it('knows money for a currency', () => {
    expect(describeOne(type('money')).isCurrency).toBe(true);
    expect(describeOne(type('numeric')).isCurrency).toBe(false);
  });
});
