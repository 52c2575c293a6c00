/** What CloudFormation sends a function that stands for a resource, as far as it is needed here. */
export interface CloudFormationRequest {
  readonly RequestType: 'Create' | 'Update' | 'Delete';
  readonly ResponseURL: string;
  readonly StackId: string;
  readonly RequestId: string;
  readonly LogicalResourceId: string;
}

/** How the work went. */
export type CloudFormationOutcome =
  | { readonly status: 'SUCCESS'; readonly data: Readonly<Record<string, string>> }
  | { readonly status: 'FAILED'; readonly reason: string };

/** The whole answer may have 4096 bytes. */
const MAX_REASON_CHARACTERS = 2_000;

/** The resource is the state of the database: there is one, and it is never replaced. */
const PHYSICAL_RESOURCE_ID = 'migrations';

/**
 * Tells CloudFormation how it went, which it waits for.
 * {@link https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-responses.html}
 *
 * @throws when the answer is not taken, so that Lambda's retry gives it again
 */
export async function answerCloudFormation(
  request: CloudFormationRequest,
  outcome: CloudFormationOutcome,
): Promise<void> {
  const body = JSON.stringify({
    Status: outcome.status,
    Reason: outcome.status === 'FAILED' ? outcome.reason.slice(0, MAX_REASON_CHARACTERS) : 'done',
    PhysicalResourceId: PHYSICAL_RESOURCE_ID,
    StackId: request.StackId,
    RequestId: request.RequestId,
    LogicalResourceId: request.LogicalResourceId,
    Data: outcome.status === 'SUCCESS' ? outcome.data : {},
  });
  // The signature of the URL covers an empty content type.
  const response = await fetch(request.ResponseURL, {
    method: 'PUT',
    body: Buffer.from(body),
    headers: { 'content-type': '' },
  });
  if (!response.ok) throw new Error(`CloudFormation did not take the answer: HTTP ${response.status}`);
}
