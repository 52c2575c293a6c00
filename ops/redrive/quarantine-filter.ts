/** Which entries of the quarantine are meant; what is left out does not matter. */
export interface QuarantineFilter {
  readonly functionName?: string | undefined;
  readonly reason?: string | undefined;
  readonly partitionKey?: string | undefined;
  /** ISO 8601; entries quarantined at or after it. */
  readonly since?: string | undefined;
  /** ISO 8601; entries quarantined before it. */
  readonly until?: string | undefined;
  /** Entries that were put back before are meant too: for a redrive whose records expired before they were read. */
  readonly again?: boolean | undefined;
}

/** A condition in SQL, and its parameters by name. */
export interface CompiledFilter {
  readonly sql: string;
  readonly parameters: Readonly<Record<string, string>>;
}

/** What each part of a filter compares; the value travels as a parameter, never as SQL. */
const CONDITIONS = {
  functionName: 'function_name = :function_name',
  reason: 'reason = :reason',
  partitionKey: 'partition_key = :partition_key',
  since: 'quarantined_at >= :since::timestamptz',
  until: 'quarantined_at < :until::timestamptz',
} as const satisfies Partial<Record<keyof QuarantineFilter, string>>;

/** Compiles a filter to a condition: open entries that match. An entry whose event is in effect is never meant. */
export function compileFilter(filter: QuarantineFilter): CompiledFilter {
  const parts = Object.entries(CONDITIONS).flatMap(([name, sql]) => {
    const value = filter[name as keyof typeof CONDITIONS];
    return value === undefined ? [] : [{ sql, name: parameterName(sql), value }];
  });
  const always = ['applied_at IS NULL', ...(filter.again === true ? [] : ['redriven_at IS NULL'])];
  return {
    sql: [...always, ...parts.map(({ sql }) => sql)].join(' AND '),
    parameters: Object.fromEntries(parts.map(({ name, value }) => [name, value])),
  };
}

function parameterName(sql: string): string {
  return /:(\w+)/.exec(sql)?.[1] ?? '';
}
