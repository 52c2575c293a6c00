import { once } from 'node:events';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import type { AddressInfo } from 'node:net';

/** CloudFormation with the templates of a few stacks, on loopback. */
export interface StubCloudFormation {
  /** What points AWS's clients, and the CDK, here. */
  readonly env: Readonly<Record<string, string>>;
  /** Actions that were asked for, in order. */
  readonly actions: readonly string[];
  [Symbol.asyncDispose](): Promise<void>;
}

const RESULTS: Readonly<Record<string, (template: string) => string>> = {
  DescribeStacks: () =>
    '<Stacks><member><StackName>any</StackName><StackStatus>UPDATE_COMPLETE</StackStatus>' +
    '<CreationTime>2026-01-01T00:00:00Z</CreationTime></member></Stacks>',
  GetTemplate: (template) => `<TemplateBody>${escapeXml(template)}</TemplateBody>`,
};

/**
 * Answers `DescribeStacks` and `GetTemplate`.
 *
 * @param templates text by stack name; any other stack does not exist
 */
export async function startStubCloudFormation(
  templates: Readonly<Record<string, string>>,
): Promise<StubCloudFormation> {
  const actions: string[] = [];
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const parameters = new URLSearchParams(body);
      const [action = '', stackName = ''] = ['Action', 'StackName'].map((name) => parameters.get(name) ?? '');
      actions.push(action);
      const template = templates[stackName];
      const result = template === undefined ? undefined : RESULTS[action]?.(template);
      response.writeHead(result === undefined ? 400 : 200, { 'content-type': 'text/xml' });
      response.end(result === undefined ? missing(stackName) : `<R><${action}Result>${result}</${action}Result></R>`);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    actions,
    env: {
      AWS_ENDPOINT_URL_CLOUDFORMATION: url,
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_REGION: 'eu-west-1',
    },
    async [Symbol.asyncDispose](): Promise<void> {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

function missing(stackName: string): string {
  const message = `Stack with id ${stackName} does not exist`;
  return `<ErrorResponse><Error><Code>ValidationError</Code><Message>${message}</Message></Error></ErrorResponse>`;
}

function escapeXml(value: string): string {
  return value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
