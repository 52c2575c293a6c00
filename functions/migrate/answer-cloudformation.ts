/** What CloudFormation sends a function that stands for a resource, as far as it is needed here. */
export interface CloudFormationRequest {
  readonly RequestType: 'Create' | 'Update' | 'Delete';
  readonly ResponseURL: string;
  readonly StackId: string;
  readonly RequestId: string;
  readonly LogicalResourceId: string;
  /** What an earlier answer called the resource; there is none on creation. */
  readonly PhysicalResourceId?: string;
}

/** How the work went. */
export type CloudFormationOutcome =
  | {
      readonly status: 'SUCCESS';
      readonly data: Readonly<Record<string, string>>;
      /** Shown among the events of the stack. */
      readonly warning?: string | undefined;
    }
  | { readonly status: 'FAILED'; readonly reason: string };

/**
 * The whole answer may have 4096 bytes: an answer that is longer fails the deployment. What remains after the longest
 * reason and data holds the ids.
 * {@link https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-responses.html}
 */
const MAX_REASON_BYTES = 2_000;
const MAX_DATA_BYTES = 500;

/** The resource is the state of the database: there is one, and it is never replaced. */
const PHYSICAL_RESOURCE_ID = 'migrations';

/**
 * Tells CloudFormation how it went, which it waits for. The resource keeps its physical id whatever happens: another one
 * would make CloudFormation delete the resource after an update.
 *
 * @throws when the answer is not taken, so that Lambda's retry gives it again
 */
export async function answerCloudFormation(
  request: CloudFormationRequest,
  outcome: CloudFormationOutcome,
): Promise<void> {
  const data = outcome.status === 'SUCCESS' ? Object.entries(outcome.data) : [];
  const body = JSON.stringify({
    Status: outcome.status,
    Reason: cut(outcome.status === 'FAILED' ? outcome.reason : (outcome.warning ?? 'done'), MAX_REASON_BYTES),
    PhysicalResourceId: request.PhysicalResourceId ?? PHYSICAL_RESOURCE_ID,
    StackId: request.StackId,
    RequestId: request.RequestId,
    LogicalResourceId: request.LogicalResourceId,
    Data: Object.fromEntries(data.map(([name, value]) => [name, cut(value, MAX_DATA_BYTES)])),
  });
  // The signature of the URL covers an empty content type.
  const response = await fetch(request.ResponseURL, {
    method: 'PUT',
    body: Buffer.from(body),
    headers: { 'content-type': '' },
  });
  if (!response.ok) throw new Error(`CloudFormation did not take the answer: HTTP ${response.status}`);
}

/** As much of a text as fits into this many bytes of JSON. */
function cut(text: string, maxBytes: number): string {
  const bytes = (part: string): number => Buffer.byteLength(JSON.stringify(part)) - '""'.length;
  if (bytes(text) <= maxBytes) return text;
  let end = maxBytes - '...'.length;
  while (bytes(text.slice(0, end)) > maxBytes - '...'.length) end -= 1;
  return `${text.slice(0, end)}...`;
}
