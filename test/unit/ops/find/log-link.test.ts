import { expect, it } from 'vitest';
import { logLink } from '../../../../ops/find/log-link.ts';

const SEARCH = {
  region: 'eu-west-1',
  logGroupName: '/aws/lambda/flights',
  query: 'filter eventId = "BA 1|π" | sort @timestamp desc',
  aroundMs: undefined,
};

it('opens Logs Insights with the query, written as the console writes it', () => {
  expect(logLink(SEARCH)).toBe(
    'https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1#logsV2:logs-insights$3FqueryDetail$3D' +
      "~(end~0~start~-604800~timeType~'RELATIVE~unit~'seconds" +
      "~editorString~'filter*20eventId*20*3d*20*22BA*201*7c**03c0*22*20*7c*20sort*20*40timestamp*20desc" +
      "~source~(~'*2faws*2flambda*2fflights))",
  );
});

it('searches an hour on both sides of a moment that is known', () => {
  const link = logLink({ ...SEARCH, aroundMs: Date.UTC(2026, 10, 26, 9, 30) });
  expect(link).toContain(
    "~(end~'2026-11-26T10*3a30*3a00.000Z~start~'2026-11-26T08*3a30*3a00.000Z~timeType~'ABSOLUTE~tz~'UTC~",
  );
});

it.each([
  ['cn-north-1', 'https://cn-north-1.console.amazonaws.cn/'],
  ['us-gov-west-1', 'https://us-gov-west-1.console.amazonaws-us-gov.com/'],
])('knows that %s has a console of its own', (region, begin) => {
  expect(logLink({ ...SEARCH, region })).toContain(begin);
});
