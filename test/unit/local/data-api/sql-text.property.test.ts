import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lexStatements } from '../../../../local/data-api/lex-statements.ts';
import { scanPlaceholders } from '../../../../local/data-api/scan-placeholders.ts';

/** Text that both readers must step over, whatever is inside. */
const inner = fc.string({ unit: fc.constantFrom(':', 'a', ';', ' ', '1', 'é'), maxLength: 12 });
const opaque = fc.oneof(
  inner.map((text) => `'${text}'`),
  inner.map((text) => `'it''s ${text}'`),
  inner.map((text) => `"${text}"`),
  inner.map((text) => `/* ${text} /* ${text} */ */`),
  inner.map((text) => `-- ${text}\n`),
);
const name = fc.stringMatching(/^[A-Za-z0-9_]{1,8}$/);
const part = fc.oneof(
  fc.constantFrom('SELECT ', ' + ', ', ', '(x)', '::int', ' = '),
  opaque,
  name.map((text) => `:${text} `),
);
const statement = fc.array(part, { minLength: 1, maxLength: 12 }).map((parts) => `SELECT ${parts.join('')}`);

/** Quotes, comments and marks in any order, closed or not. */
const hostile = fc.string({
  unit: fc.constantFrom("'", '"', '$', '-', '/', '*', ':', ';', 'E', '\\', '\n', 'a', '('),
});

describe('reading SQL text', () => {
  it('finds exactly the placeholders that stand in the open, in order', () => {
    const pieces = fc.array(
      fc.oneof(
        opaque,
        name.map((text) => ({ name: text })),
      ),
      { maxLength: 20 },
    );
    fc.assert(
      fc.property(pieces, (list) => {
        const sql = list.map((piece) => (typeof piece === 'string' ? piece : `:${piece.name} `)).join(' ');
        const names = list.flatMap((piece) => (typeof piece === 'string' ? [] : [piece.name]));
        expect(scanPlaceholders(sql, { strictQuirks: true }).names).toEqual(names);
      }),
    );
  });

  it('gives the text back when the numbers are replaced by their names', () => {
    fc.assert(
      fc.property(fc.oneof(statement, hostile), fc.boolean(), (sql, strictQuirks) => {
        const { text, names } = scanPlaceholders(sql, { strictQuirks });
        const restored = text.replace(/\$(\d+)/g, (_, number: string) => `:${names[Number(number) - 1]!}`);
        expect(restored).toBe(sql);
      }),
    );
  });

  it('counts the statements that were joined', () => {
    fc.assert(
      fc.property(fc.array(statement, { maxLength: 6 }), (statements) => {
        expect(lexStatements(statements.join('\n;')).statements).toBe(statements.length);
      }),
    );
  });

  it('finds no more statements than semicolons allow, whatever the text', () => {
    fc.assert(
      fc.property(hostile, (sql) => {
        expect(lexStatements(sql).statements).toBeLessThanOrEqual(sql.split(';').length);
      }),
    );
  });
});
