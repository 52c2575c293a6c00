import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const FOLDER = join(import.meta.dirname, '../../../docs/decisions');
const pages = readdirSync(FOLDER)
  .filter((name) => name !== 'README.md')
  .sort();

test('decisions are numbered without gaps', () => {
  expect(pages.length).toBeGreaterThan(100);
  expect(pages.map((name) => Number(name.slice(0, 3)))).toEqual(pages.map((_, index) => index + 1));
});

test('each decision has a title, a status with a date, and a line in the index', () => {
  const index = readFileSync(join(FOLDER, 'README.md'), 'utf8');
  const odd = pages.filter((name) => {
    const [heading = '', , status = ''] = readFileSync(join(FOLDER, name), 'utf8').split('\n');
    const number = name.slice(0, 3);
    const title = heading.slice(`# ${number}. `.length);
    return (
      heading !== `# ${number}. ${title}` ||
      title === '' ||
      !/^Status: \w.* \d{4}-\d\d-\d\d/.test(status) ||
      !index.includes(`- [${number}](${name}) ${title}\n`)
    );
  });
  expect(odd).toEqual([]);
});
