/**
 * What a function is made of: `import { createHandler, defineProjection } from 'kinesis-to-aurora'`.
 *
 * @module
 */
export * from '../processor/projection.ts';
export { createHandler, type BatchHandler } from '../processor/create-handler.ts';
