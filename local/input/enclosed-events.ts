/** A list that a document encloses, and how much of it that is. */
export interface EnclosedList {
  /** Member that holds the list. */
  readonly member: string;
  readonly length: number;
}

/** Below that, a list is more likely a part of one event, such as the lines of an order. */
const MIN_LENGTH = 5;

/** Part of the text that the list must be. */
const MIN_SHARE = 0.8;

/** What files of events are enclosed in, whatever else is there. */
const USUAL_MEMBERS: ReadonlySet<string> = new Set(
  'Records records events Events features items data results'.split(' '),
);

/**
 * Finds out whether a document is an envelope around events, as exports and answers of APIs are: nearly all of it is one
 * list of objects.
 *
 * @param document a JSON document, parsed
 */
export function enclosedList(document: object): EnclosedList | undefined {
  const lists = Object.entries(document).filter(([, value]) => isListOfObjects(value)) as [string, object[]][];
  const [list, another] = lists;
  if (list === undefined || another !== undefined) return undefined;
  const [member, { length }] = list;
  const isUsual = USUAL_MEMBERS.has(member) && length > 1;
  return isUsual || (length >= MIN_LENGTH && shareOf(document, list[1]) >= MIN_SHARE) ? { member, length } : undefined;
}

function isListOfObjects(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((element) => typeof element === 'object' && element !== null && !Array.isArray(element))
  );
}

function shareOf(document: object, list: object): number {
  return lengthOf(list) / lengthOf(document);
}

function lengthOf(value: unknown): number {
  return JSON.stringify(value, (_, member: unknown) => (typeof member === 'bigint' ? String(member) : member)).length;
}

/** Node.js has both since version 21; the types of ES2024 do not know them. */
const { rawJSON } = JSON as unknown as { readonly rawJSON: (text: string) => unknown };
type SourceReviver = (key: string, value: unknown, context: { readonly source: string }) => unknown;

/**
 * Takes the events out of a document that encloses them.
 *
 * @param text of the document
 * @param member that holds their list
 * @returns their texts, whose numbers have the digits that they have there; undefined where there is no such list
 */
export function enclosedEvents(text: string, member: string): readonly string[] | undefined {
  const keepDigits: SourceReviver = (_, value, { source }) => (typeof value === 'number' ? rawJSON(source) : value);
  const document = JSON.parse(text, keepDigits as Parameters<typeof JSON.parse>[1]) as Readonly<
    Record<string, unknown>
  >;
  const list = Object.hasOwn(document, member) ? document[member] : undefined;
  return isListOfObjects(list) ? (list as object[]).map((event) => JSON.stringify(event)) : undefined;
}
