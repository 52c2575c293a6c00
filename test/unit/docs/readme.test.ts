import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '../../..');

function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

test.each(['functions/orders/projection.ts', 'functions/orders/handler.ts'])(
  'the README shows %s word for word',
  (path) => {
    expect(read('README.md')).toContain(`\`\`\`ts\n// ${path}\n${read(path)}\`\`\`\n`);
  },
);
