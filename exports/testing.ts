/**
 * Tests of projections: `import { runProjection, startProjectionDatabase } from 'kinesis-to-aurora/testing'`.
 *
 * @module
 */
export * from '../processor/testing.ts';
export * from '../local/proof/start-projection-database.ts';
