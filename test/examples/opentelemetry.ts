import * as z from 'zod';
import { custom, defineProjection, inserts } from '../../processor/projection.ts';

interface Batch {
  readonly resourceSpans: readonly {
    readonly resource: object;
    readonly scopeSpans: readonly { readonly spans: readonly object[] }[];
  }[];
}

export const spans = defineProjection({
  name: 'spans',
  // A record is a batch: each span becomes an event, with the resource that it is of.
  decode: custom((bytes) => {
    const { resourceSpans } = JSON.parse(bytes.toString()) as Batch;
    return resourceSpans.flatMap(({ resource, scopeSpans }) =>
      scopeSpans.flatMap((scope) => scope.spans.map((span) => ({ ...span, resource }))),
    );
  }),
  schema: z.object({
    traceId: z.string(),
    spanId: z.string(),
    name: z.string(),
    startTimeUnixNano: z.string(),
    endTimeUnixNano: z.string(),
    resource: z.object({
      attributes: z.array(z.object({ key: z.string(), value: z.object({ stringValue: z.string().optional() }) })),
    }),
  }),
  eventId: ({ traceId, spanId }) => `${traceId} ${spanId}`,
  tables: {
    spans: inserts({
      columns: {
        trace_id: 'text',
        span_id: 'text',
        service: 'text?',
        name: 'text',
        started_at: 'timestamptz',
        nanoseconds: 'bigint',
      },
    }),
  },
  project: ({ traceId, spanId, name, startTimeUnixNano, endTimeUnixNano, resource }) => {
    const [start, end] = [BigInt(startTimeUnixNano), BigInt(endTimeUnixNano)];
    const service = resource.attributes.find(({ key }) => key === 'service.name')?.value.stringValue ?? null;
    return {
      spans: {
        trace_id: traceId,
        span_id: spanId,
        service,
        name,
        started_at: new Date(Number(start / 1_000_000n)),
        nanoseconds: end - start,
      },
    };
  },
});
