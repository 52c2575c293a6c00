/** A name of the declaration as an SQL identifier; `sales.orders` names a table in a schema. */
export function identifier(name: string): string {
  return name
    .split('.')
    .map((part) => `"${part.replaceAll('"', '""')}"`)
    .join('.');
}
