import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Context, KinesisStreamEvent } from 'aws-lambda';
import { handler as flights } from '../../functions/flights/handler.ts';

/** Invocations between two looks at the heap. */
const INTERVAL = 5;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;
let invocations = 0;

/** The flights function, which now and then says how much its heap holds after a collection. */
export async function handler(event: KinesisStreamEvent, context: Context): Promise<unknown> {
  const response = await flights(event, context);
  invocations += 1;
  if (invocations % INTERVAL === 0) {
    collectGarbage();
    const heapBytes = getHeapStatistics().used_heap_size;
    console.log(JSON.stringify({ heapProbe: { invocations, heapBytes, rssBytes: process.memoryUsage.rss() } }));
  }
  return response;
}
