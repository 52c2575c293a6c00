/** What Logs Insights is opened with. */
export interface LogSearch {
  readonly region: string;
  readonly logGroupName: string;
  readonly query: string;
  /** A moment that it was about, in milliseconds since 1970; undefined when none is known. */
  readonly aroundMs: number | undefined;
}

/** What is logged of an event is logged in the same minutes; clocks differ. */
const MARGIN_MS = 3_600_000;

/** Without a moment, that much is searched: a longer search costs more. */
const RELATIVE_SECONDS = 7 * 86_400;

/** Where the console of a partition is, by what its regions begin with. */
const CONSOLES = [
  ['cn-', 'console.amazonaws.cn'],
  ['us-gov-', 'console.amazonaws-us-gov.com'],
] as const;

const CONSOLE = 'console.aws.amazon.com';

/** Address of Logs Insights in the console, with the query in it, ready to run. */
export function logLink({ region, logGroupName, query, aroundMs }: LogSearch): string {
  const time =
    aroundMs === undefined
      ? `end~0~start~-${RELATIVE_SECONDS}~timeType~'RELATIVE~unit~'seconds`
      : `end~${text(isoOf(aroundMs + MARGIN_MS))}~start~${text(isoOf(aroundMs - MARGIN_MS))}~timeType~'ABSOLUTE~tz~'UTC`;
  const detail = `~(${time}~editorString~${text(query)}~source~(~${text(logGroupName)}))`;
  const own = CONSOLES.find(([prefix]) => region.startsWith(prefix))?.[1] ?? CONSOLE;
  return `https://${region}.${own}/cloudwatch/home?region=${region}#logsV2:logs-insights$3FqueryDetail$3D${detail}`;
}

/** A text as the console writes it behind the `#`: what is no letter, digit, `_`, `-` or `.` by its code. */
function text(value: string): string {
  const encoded = Array.from({ length: value.length }, (_, index) => {
    const character = value.charAt(index);
    if (/[\w.-]/.test(character)) return character;
    const code = value.charCodeAt(index).toString(16);
    return code.length <= 2 ? `*${code.padStart(2, '0')}` : `**${code.padStart(4, '0')}`;
  });
  return `'${encoded.join('')}`;
}

function isoOf(ms: number): string {
  return new Date(ms).toISOString();
}
