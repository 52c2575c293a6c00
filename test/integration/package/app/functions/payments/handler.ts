import { createHandler } from 'kinesis-to-aurora';
import { payments } from './projection.ts';

export const handler = createHandler(payments);
