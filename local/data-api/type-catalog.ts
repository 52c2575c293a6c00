import type { ClientBase } from 'pg';
import type { PgType } from './pg-type.ts';

interface TypeRow {
  readonly oid: number;
  readonly name: string;
  readonly kind: PgType['kind'];
  /** Element type of an array, else 0. */
  readonly element: number;
  /** Type a domain is made of, else 0. */
  readonly base: number;
}

/** `typarray` of the element points back at the array type, which tells real arrays from types that merely have elements. */
const TYPES_QUERY = `
  SELECT t.oid, t.typname AS name, t.typtype AS kind, coalesce(e.oid, 0)::oid AS element, t.typbasetype AS base
    FROM pg_catalog.pg_type t LEFT JOIN pg_catalog.pg_type e ON e.typarray = t.oid`;

/**
 * The types of one database, read from its catalogue when first needed. Types a caller made after that are looked
 * up in the caller's own session, because only there an uncommitted type is visible.
 */
export class TypeCatalog {
  readonly #types = new Map<number, TypeRow>();

  /** The types behind `oids`; one that no longer exists is called `unknown`. */
  async resolve(oids: readonly number[], client: ClientBase): Promise<readonly PgType[]> {
    if (oids.some((oid) => !this.#isKnown(oid))) await this.#load(client);
    return oids.map((oid) => this.#toType(oid));
  }

  #isKnown(oid: number): boolean {
    const row = this.#types.get(oid);
    return row !== undefined && (row.element === 0 || this.#types.has(row.element));
  }

  async #load(client: ClientBase): Promise<void> {
    const { rows } = await client.query<TypeRow>(TYPES_QUERY);
    for (const row of rows) this.#types.set(row.oid, row);
  }

  #toType(oid: number): PgType {
    const row = this.#types.get(oid);
    if (!row) return { oid, name: 'unknown', kind: 'p' };
    if (row.kind === 'd' && row.base !== 0) return this.#toType(row.base);
    const { name, kind, element } = row;
    return { oid, name, kind, ...(element !== 0 && { element: this.#toType(element) }) };
  }
}
