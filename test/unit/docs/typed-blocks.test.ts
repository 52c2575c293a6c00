import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import ts from 'typescript';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { codeBlocks, type CodeBlock } from '../../support/documented-commands.ts';

// One compilation, which takes the CDK's types along.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

const ROOT = join(import.meta.dirname, '../../..');

/** Pages whose blocks are run elsewhere, and so cannot be wrong without a test that says so. */
const RUN_ELSEWHERE = ['docs/projections.md', 'docs/event-shapes.md'];

const IMPORTS = `import * as z from 'zod';
import { counters, defineProjection, inserts, lookup, remove, versions } from 'kinesis-to-aurora';
void [counters, defineProjection, inserts, lookup, remove, versions];`;

/** The rest of a projection around a part of it that a page shows, by how that part begins. */
const PROJECTION_PARTS: readonly { readonly begins: string; readonly rest: string }[] = [
  {
    begins: 'lookups: { shops',
    rest: `schema: z.object({ id: z.string(), shop: z.string() }), eventId: (event) => event.id,
      tables: { payments: inserts({ columns: { id: 'text', shop: 'text', currency: 'text' } }) },`,
  },
  {
    begins: 'lookups: {\n  prices',
    rest: `schema: z.object({ id: z.string(), shop: z.string(), sku: z.string() }), eventId: (order) => order.id,
      tables: { orders: inserts({ columns: { id: 'text', shop: 'text', sku: 'text', cents: 'integer' } }) },`,
  },
  {
    begins: 'lookupKeys: (order, { shops })',
    rest: `schema: z.object({ id: z.string(), shop: z.string() }), eventId: (order) => order.id,
      lookups: {
        shops: lookup({ table: 'shops', key: 'id', keyType: 'text', columns: { region: 'text' } }),
        regions: lookup({ table: 'regions', key: 'id', keyType: 'text', columns: { name: 'text' } }),
      },
      tables: { orders: inserts({ columns: { id: 'text' } }) },
      project: ({ id }) => ({ orders: { id } }),`,
  },
  {
    begins: 'project: (event) =>\n  event.type',
    rest: `schema: z.discriminatedUnion('type', [
        z.object({ type: z.literal('deleted'), id: z.string() }),
        z.object({ type: z.literal('changed'), id: z.string(), name: z.string(), email: z.string() }),
      ]),
      eventId: 'position',
      tables: {
        customers: versions({
          key: { id: 'text' }, version: { seq: 'position' }, columns: { name: 'text', email: 'text?' },
        }),
      },`,
  },
];

/** What stands before the recipes, by what their page says. */
const SETUP = codeBlocks().find(({ language }) => language === 'ts setup')?.code ?? '';

/** Makes a module of a block: what a page shows of it, with what a reader has around it. */
function moduleOf({ page, language, code }: CodeBlock): string {
  if (/^export /m.test(code) || /^const app = /m.test(code))
    return `${code}\ndeclare const producerRole: import('aws-cdk-lib/aws-iam').IGrantable;`;
  if (/^(dev|prod): \[/.test(code)) {
    return `import type { StageSettings } from '${ROOT}/lib/settings/stage-settings.ts';
      declare const [DEV, PROD]: readonly Partial<StageSettings>[];
      void [DEV, PROD];
      export default {${code}} satisfies Readonly<Record<string, readonly StageSettings[]>>;`;
  }
  if (page === 'docs/recipes.md' || code.includes('new EventProcessor(')) {
    return inStack(language === 'ts setup' || code.includes('code = await') ? code : `${SETUP}\n${code}`);
  }
  return inProjection({ page, code });
}

/** A part of a projection, with the rest of one. */
function inProjection({ page, code }: Pick<CodeBlock, 'page' | 'code'>): string {
  const part = PROJECTION_PARTS.find(({ begins }) => code.startsWith(begins));
  if (part !== undefined)
    return `${IMPORTS}\nexport default defineProjection({ name: 'shown', ${part.rest} ${code} });`;
  if (/^\w+: (inserts|counters|versions)\(/.test(code)) return `${IMPORTS}\nexport default {${code}};`;
  if (/^\w+: z\./.test(code)) return `${IMPORTS}\nexport default z.object({${code}});`;
  throw new Error(`${page} has a block that this test does not know how to complete:\n${code}`);
}

/** As the constructor of a stack; what waits stands before it. */
function inStack(code: string): string {
  const lines = code.split('\n');
  const isOutside = (line: string): boolean => line.startsWith('import ') || line.includes(' = await ');
  return `${lines.filter(isOutside).join('\n')}
    ${code.includes('import { bundleStackCode') ? '' : "import { bundleStackCode, EventProcessor } from 'kinesis-to-aurora/cdk';"}
    import { Stack as CdkStack } from 'aws-cdk-lib';
    declare const stream: import('aws-cdk-lib/aws-kinesis').IStream;
    declare const shop: import('aws-cdk-lib/aws-iam').IGrantable;
    void [stream, shop];
    export default class extends CdkStack {
      constructor() {
        super();
        ${lines.filter((line) => !isOutside(line)).join('\n')}
      }
    }`;
}

let folder: string;

beforeAll(() => {
  mkdirSync(join(ROOT, '.cache'), { recursive: true });
  folder = mkdtempSync(join(ROOT, '.cache/typed-blocks-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

test('every TypeScript block of the pages compiles', () => {
  const blocks = codeBlocks().filter(
    ({ page, language, code }) =>
      language.startsWith('ts') && !RUN_ELSEWHERE.includes(page) && !code.startsWith('// functions/orders/'),
  );
  expect(blocks.length).toBeGreaterThan(25);
  const files = blocks.map((block, index) => {
    const named = /^\/\/ (\S+\.ts)$/m.exec(block.code)?.[1];
    const file = join(folder, basename(block.page), named ?? `${index}.ts`);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, moduleOf(block));
    return file;
  });
  const { config } = ts.readConfigFile(join(ROOT, 'tsconfig.json'), (path) => ts.sys.readFile(path)) as {
    readonly config: { readonly compilerOptions: object };
  };
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, ROOT);
  const paths = {
    'kinesis-to-aurora': [join(ROOT, 'exports/index.ts')],
    'kinesis-to-aurora/cdk': [join(ROOT, 'exports/cdk.ts')],
  };
  // A block shows what it is about, and may leave what it makes unused.
  const program = ts.createProgram(files, { ...options, paths, noUnusedLocals: false, skipLibCheck: true });
  const problems = files.flatMap((path) =>
    ts.getPreEmitDiagnostics(program, program.getSourceFile(path)).map(({ messageText, start = 0, file }) => {
      const line = file?.text.slice(start, start + 60).split('\n')[0];
      return `${path.slice(folder.length)}: ${line ?? ''}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`;
    }),
  );
  expect(problems).toEqual([]);
});
