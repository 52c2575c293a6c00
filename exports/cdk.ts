/**
 * What a CDK app is made of: `import { bundleStackCode, EventProcessor } from 'kinesis-to-aurora/cdk'`.
 *
 * @module
 */
export { bundleStackCode, type FunctionCode, type StackCode } from '../lib/function-code.ts';
export { EventProcessor, type EventProcessorProps } from '../lib/event-processor.ts';
export { EventProcessorStack, type EventProcessorStackProps } from '../lib/event-processor-stack.ts';
export { readCodeCommit } from '../lib/settings/read-code-commit.ts';
