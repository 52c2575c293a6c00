import { samePath, type Design, type EventPlan } from './design.ts';
import { access } from './names.ts';
import type { Leaf, Member } from './plan-columns.ts';

/** Helpers of the generated file, each written where it is used; in an order in which each knows those before it. */
const HELPERS: Readonly<Record<string, string>> = {
  orNull: `/** A member that may be missing or null. */
const orNull = <O, I>(schema: z.ZodMiniType<O, I>) =>
  z.pipe(z.nullish(schema), z.transform((value) => value ?? null));`,
  orEmpty: `/** An object that may be missing or null: all of its members are null then. */
const orEmpty = <O, I>(schema: z.ZodMiniType<O, I>) =>
  z.pipe(z.nullish(schema), z.transform((value) => value ?? z.parse(schema, {})));`,
  json: `/** Anything that JSON can hold, stored as it comes. */
const json = z.custom<JsonValue>();`,
  wholeNumber: `/** An integer; beyond 2^53 it arrives as a bigint, with all its digits. */
const wholeNumber = z.union([z.int(), z.bigint()]);`,
  anyNumber: `/** A number; an integer beyond 2^53 arrives as a bigint, with all its digits. */
const anyNumber = z.union([z.number(), z.bigint()]);`,
  seconds: `/** A time in seconds since 1970. */
const seconds = z.pipe(z.int(), z.transform((value) => new Date(1000 * value)));`,
  milliseconds: `/** A time in milliseconds since 1970. */
const milliseconds = z.pipe(z.int(), z.transform((value) => new Date(value)));`,
};

/** Writes `projection.ts`, not yet formatted. */
export function writeProjection(design: Design, madeFrom: string): string {
  const { functionName, identifier, decoder, eventId, doubts, plans } = design;
  const schema = writeSchema(design);
  const tables = writeTables(design);
  const kinds = ['counters', 'inserts', 'versions'].filter((kind) => tables.includes(`${kind}({`));
  const used = new Set(plans.flatMap(({ members }) => [...helpersOf(members)]));
  const helpers = Object.entries(HELPERS).flatMap(([name, text]) => (used.has(name) ? [text] : []));
  const types = used.has('json') ? ['type JsonValue'] : [];
  const decoders = decoder === 'json' ? [] : [decoder];
  const imports = [...decoders, ...kinds, 'defineProjection', ...types].sort(byName);
  const id = eventId === undefined ? "'position'" : `(event) => ${idExpression(eventId.leaf)}`;
  return `import * as z from 'zod/mini';
import { ${imports.join(', ')} } from '../../processor/projection.ts';

${helpers.join('\n\n')}

const event = ${schema};

/**
 * ${madeFrom}${doubts.length === 0 ? '' : ' Check these guesses:'}
${doubts.length === 0 ? '' : ` *\n${doubts.map((doubt) => comment(`- ${doubt}`)).join('\n')}\n`} */
export const ${identifier} = defineProjection({
  name: '${functionName}',
  ${decoders.map((name) => `decode: ${name}(),\n`).join('')}schema: event,
  // ${eventIdComment(design)}
  eventId: ${id},
  tables: {${tables}},
  project: (event) => ${writeProject(design)},
});
`;
}

function* helpersOf(members: readonly Member[]): Generator<string> {
  for (const member of members) {
    if (member.isNullable) yield member.kind === 'leaf' ? 'orNull' : 'orEmpty';
    if (member.kind === 'leaf') yield member.reader;
    else yield* helpersOf(member.members);
  }
}

function byName(a: string, b: string): number {
  return a.replace('type ', '').localeCompare(b.replace('type ', ''));
}

const COMMENT_WIDTH = 116;

/** Breaks a sentence into lines of a comment. */
function comment(text: string): string {
  const lines = [''];
  for (const word of text.replaceAll('*/', '* /').replaceAll(/\s+/g, ' ').split(' ')) {
    const last = lines.at(-1) ?? '';
    if (last === '' || last.length + word.length < COMMENT_WIDTH)
      lines[lines.length - 1] = last === '' ? word : `${last} ${word}`;
    else lines.push(`  ${word}`);
  }
  return lines.map((line) => ` * ${line}`).join('\n');
}

function eventIdComment({ eventId }: Design): string {
  return eventId === undefined
    ? 'The position on the stream: no member identifies the event.'
    : `Chosen because ${eventId.reason}.`;
}

/** The id of an event is text. */
function idExpression(leaf: Leaf): string {
  const value = valueOf(leaf);
  return leaf.reader === 'z.string()' ? value : `String(${value})`;
}

function writeSchema({ typeMember, plans }: Design): string {
  const [only] = plans;
  if (typeMember === undefined) return writeObject(only?.members ?? [], undefined);
  const objects = plans.map(({ type = '', members }) => writeObject(members, { member: typeMember, type }));
  return `z.discriminatedUnion(${JSON.stringify(typeMember)}, [${objects.join(', ')}])`;
}

function writeObject(
  members: readonly Member[],
  type: { readonly member: string; readonly type: string } | undefined,
): string {
  const lines = members.map((member) => {
    const name = member.path.at(-1) ?? '';
    const isType = type !== undefined && member.path.length === 1 && name === type.member;
    return `${JSON.stringify(name)}: ${isType ? `z.literal(${JSON.stringify(type.type)})` : writeMember(member)},\n`;
  });
  return `z.object({\n${lines.join('')}})`;
}

function writeMember(member: Member): string {
  if (member.kind === 'leaf') return member.isNullable ? `orNull(${member.reader})` : member.reader;
  const object = writeObject(member.members, undefined);
  return member.isNullable ? `orEmpty(${object})` : object;
}

function writeTables({ plans, latest, totals, typeMember }: Design): string {
  const tables = plans.map(({ table, place, leaves, key }) => {
    const columns = [...(place === undefined ? [] : [`${place}: 'position'`]), ...leaves.map(declareColumn)];
    return `${table}: inserts({ key: ['${key}'], columns: {\n${columns.join(',\n')} } })`;
  });
  if (latest !== undefined) tables.push(declareLatest({ plans, latest, typeMember }));
  if (totals !== undefined) {
    const { table, key, keyColumn, countColumn, sums } = totals;
    const counted = [`${countColumn}: 'bigint'`, ...sums.map(({ leaf, column }) => `${column}: '${leaf.type}'`)];
    tables.push(`${table}: counters({ key: { ${keyColumn}: '${key.type}' }, counters: { ${counted.join(', ')} } })`);
  }
  return tables.join(',\n');
}

function declareColumn({ column, type, isNullable }: Leaf): string {
  return `${column}: '${type}${isNullable ? '?' : ''}'`;
}

function declareLatest({
  plans,
  latest,
  typeMember,
}: Pick<Design, 'plans' | 'typeMember'> & { readonly latest: NonNullable<Design['latest']> }): string {
  const columns = latestColumns({ plans, latest, typeMember });
  const from = typeMember === undefined ? `, from: { table: '${plans[0]?.table ?? ''}' }` : '';
  const declared = columns.others.map(declareColumn).join(', ');
  return `${latest.table}: versions({ key: { ${columns.key.column}: '${columns.key.type}' }, version: { ${columns.version.column}: '${columns.version.type}' }, columns: { ${declared} }${from} })`;
}

/** The columns of the table with the newest rows, by their part in it. */
export function latestColumns({
  plans,
  latest,
  typeMember,
}: Pick<Design, 'plans' | 'typeMember'> & { readonly latest: NonNullable<Design['latest']> }): {
  readonly key: Leaf;
  readonly version: { readonly column: string; readonly type: string };
  readonly others: readonly Leaf[];
} {
  const [first] = plans;
  const { leaves = [], place } = first ?? {};
  const { entity, version } = latest;
  const versionColumn = version ?? { column: place ?? 'place', type: 'position' };
  const isOther = ({ path }: Leaf): boolean => !samePath(path, entity.path) && !samePath(path, version?.path);
  const others = leaves.filter(
    (leaf) => isOther(leaf) && (typeMember === undefined || samePath(leaf.path, [typeMember])),
  );
  return { key: entity, version: versionColumn, others };
}

function writeProject(design: Design): string {
  const { typeMember, plans } = design;
  const [only] = plans;
  if (typeMember === undefined) return only === undefined ? '({})' : `(${writeRows(design, only)})`;
  const cases = plans.map((plan) => `case ${JSON.stringify(plan.type)}:\n return ${writeRows(design, plan)};`);
  return `{\n switch (event${access(typeMember)}) {\n${cases.join('\n')}\n }\n }`;
}

function writeRows({ latest, totals, typeMember, plans }: Design, { table, leaves }: EventPlan): string {
  const rows = [`${table}: {\n${leaves.map(assign).join(',\n')} }`];
  if (latest !== undefined && typeMember !== undefined) {
    const { key, others } = latestColumns({ plans, latest, typeMember });
    const own = [key, ...(latest.version === undefined ? [] : [latest.version]), ...others];
    rows.push(`${latest.table}: { ${own.map(assign).join(', ')} }`);
  }
  if (totals !== undefined) {
    const { keyColumn, key, countColumn, sums } = totals;
    const added = sums.map(({ leaf, column }) => `${column}: ${valueOf(leaf)}`);
    rows.push(`${totals.table}: { ${[`${keyColumn}: ${valueOf(key)}`, `${countColumn}: 1`, ...added].join(', ')} }`);
  }
  return `{\n${rows.join(',\n')},\n}`;
}

function assign(leaf: Leaf): string {
  return `${leaf.column}: ${valueOf(leaf)}`;
}

function valueOf({ path }: Leaf): string {
  return `event${path.map(access).join('')}`;
}
