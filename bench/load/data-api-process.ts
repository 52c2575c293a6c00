import { startDataApiServer } from '../../local/data-api/start-data-api-server.ts';
import type { DataApiProcessOptions, HeapAnswer, ReadyAnswer } from './start-data-api-process.ts';

const options = JSON.parse(process.argv[2] ?? '{}') as DataApiProcessOptions;
const { endpoint, region, resourceArn, secretArn } = await startDataApiServer(options);

process.on('message', () => {
  globalThis.gc?.();
  process.send?.({ heapBytes: process.memoryUsage().heapUsed } satisfies HeapAnswer);
});
// Nothing is left to serve when the bench is gone, however it ended.
process.on('disconnect', () => process.exit());
process.send?.({ endpoint, region, resourceArn, secretArn } satisfies ReadyAnswer);
