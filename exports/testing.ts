/**
 * Unit tests of projections: `import { runProjection } from 'kinesis-to-aurora/testing'`.
 *
 * @module
 */
export * from '../processor/testing.ts';
