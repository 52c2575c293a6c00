import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { UsageError } from '../../command-line/usage-error.ts';
import { ClusterPower } from './cluster-power.ts';
import { createControlHandler } from './control-paths.ts';
import { OPERATION_OF_PATH, type Operation } from './data-api-request.ts';
import { resolveOptions, type DataApiServerOptions } from './data-api-server-options.ts';
import { DataApiService } from './data-api-service.ts';
import { DatabaseDirectory } from './database-directory.ts';
import { FaultGate } from './fault-gate.ts';
import type { FaultDecider } from './faults.ts';
import { createRequestListener, type CallHandler, type ControlHandler } from './request-listener.ts';
import { Transactions } from './transactions.ts';

/** A running Data API server. */
export interface DataApiServer {
  /** URL for `AWS_ENDPOINT_URL_RDS_DATA` or the `endpoint` of a client. */
  readonly endpoint: string;
  readonly port: number;
  readonly resourceArn: string;
  readonly secretArn: string;
  /** The database of a call that names none. */
  readonly database: string;
  readonly region: string;
  /** Calls that have come in, by operation, refused ones included. */
  calls(): Readonly<Record<Operation, number>>;
  /** Changes the latency of the calls to come, in milliseconds. */
  setLatencyMs(latencyMs: number, jitterMs?: number): void;
  /** Replaces who decides about faults; undefined ends them. */
  setFaults(decide: FaultDecider | undefined): void;
  /** Pauses the cluster: the next call is refused and starts a resume of this many milliseconds. */
  pause(resumeMs: number): void;
  /** Ends every connection, also of calls on their way, and rolls back open transactions. Safe to call twice. */
  close(): Promise<void>;
}

/** Longer than clients keep idle connections, so that none is closed in the face of a call. */
const KEEP_ALIVE_MS = 120_000;

/**
 * Starts a local RDS Data API, as Aurora PostgreSQL Serverless v2 serves it, in front of a real PostgreSQL.
 *
 * @throws Error if an option is out of range or the port is taken.
 */
export async function startDataApiServer(options: DataApiServerOptions): Promise<DataApiServer> {
  const resolved = resolveOptions(options);
  const directory = new DatabaseDirectory(resolved);
  const transactions = new Transactions({
    idleMs: resolved.transactionIdleMs,
    maxMs: resolved.transactionMaxMs,
  });
  const power = new ClusterPower(directory.identity.resourceArn, resolved.autoPause);
  const gate = new FaultGate({ ...resolved, decide: resolved.faults, power });
  const service = new DataApiService(resolved, directory, transactions);
  const counts = countersOf();
  const handle = createCallHandler({ gate, power, transactions, service, counts });
  const controls = createControls(gate, power, counts);
  const control: ControlHandler = resolved.controlPaths ? createControlHandler(controls) : () => undefined;
  const listener = createRequestListener({ ...resolved, handle, control });
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, listener);
  const port = await listen(server, resolved.port);
  const close = async (): Promise<void> => {
    server.close();
    server.closeAllConnections();
    transactions.close();
    await directory.close();
  };
  let closing: Promise<void> | undefined;
  return {
    ...directory.identity,
    ...controls,
    endpoint: `http://127.0.0.1:${port}`,
    port,
    region: resolved.region,
    close: () => (closing ??= close()),
  };
}

interface Parts {
  readonly gate: FaultGate;
  readonly power: ClusterPower;
  readonly transactions: Transactions;
  readonly service: DataApiService;
  readonly counts: Record<Operation, number>;
}

function createCallHandler({ gate, power, transactions, service, counts }: Parts): CallHandler {
  return ({ operation, input, attempt }) => {
    const index = sum(counts);
    counts[operation]++;
    const sql = typeof input['sql'] === 'string' ? input['sql'] : '';
    return gate.pass({ operation, sql, attempt, index }, () => {
      power.assertAwake(operation, transactions.size);
      return service.perform(operation, input);
    });
  };
}

/** Calls of all operations so far. */
export function countCalls(server: Pick<DataApiServer, 'calls'>): number {
  return Object.values(server.calls()).reduce((sum, calls) => sum + calls, 0);
}

type Controls = Pick<DataApiServer, 'calls' | 'setLatencyMs' | 'setFaults' | 'pause'>;

function createControls(gate: FaultGate, power: ClusterPower, counts: Parts['counts']): Controls {
  return {
    calls: () => ({ ...counts }),
    setLatencyMs: (latencyMs, jitterMs = 0) => {
      gate.latencyMs = latencyMs;
      gate.jitterMs = jitterMs;
    },
    setFaults: (decide) => {
      gate.decide = decide;
    },
    pause: (resumeMs) => {
      power.pause(resumeMs);
    },
  };
}

function countersOf(): Record<Operation, number> {
  const zeros = Object.values(OPERATION_OF_PATH).map((operation) => [operation, 0]);
  return Object.fromEntries(zeros) as Record<Operation, number>;
}

function sum(counts: Readonly<Record<Operation, number>>): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}

async function listen(server: Server, port: number): Promise<number> {
  server.listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch (cause) {
    const taken = cause instanceof Error && 'code' in cause && cause.code === 'EADDRINUSE';
    if (!taken) throw cause;
    throw new UsageError([`port ${port} is in use; choose another one, or 0 for a free one`]);
  }
  return (server.address() as AddressInfo).port;
}
