import { DataApiError, ERROR_STATUS } from './data-api-error.ts';
import { createFaultDecider, type FaultDecider, type FaultRule } from './faults.ts';
import type { ControlHandler } from './request-listener.ts';

/** What the control paths reach. */
export interface ControlTargets {
  readonly calls: () => Readonly<Record<string, number>>;
  readonly setFaults: (decide: FaultDecider | undefined) => void;
  readonly pause: (resumeMs: number) => void;
}

const KINDS = ['delay', 'throttle', 'error', 'drop-connection', 'resume', 'statement-timeout'];

/**
 * Control of a server that runs in a process of its own, by HTTP: `GET /local/calls` counts, `PUT /local/faults`
 * with a JSON list of fault rules replaces those in force, `POST /local/pause` with `{"resumeMs":N}` pauses.
 */
export function createControlHandler(targets: ControlTargets): ControlHandler {
  return (method, path, body) => {
    switch (`${method} ${path}`) {
      case 'GET /local/calls':
        return JSON.stringify(targets.calls());
      case 'PUT /local/faults':
        targets.setFaults(createFaultDecider(parseRules(body)));
        return '{}';
      case 'POST /local/pause':
        targets.pause((parse(body) as { resumeMs?: number }).resumeMs ?? 0);
        return '{}';
      default:
        return undefined;
    }
  };
}

function parseRules(body: string): readonly FaultRule[] {
  const rules = parse(body);
  if (!Array.isArray(rules)) throw invalid('expected a list of fault rules');
  return rules.map(assertRule);
}

function assertRule(rule: Partial<FaultRule>, index: number): FaultRule {
  const { fault } = rule;
  if (!fault || !KINDS.includes(fault.kind))
    throw invalid(`rule ${index}: \`fault.kind\` must be one of ${KINDS.join(', ')}`);
  if (fault.kind === 'error' && !(fault.name in ERROR_STATUS)) {
    throw invalid(`rule ${index}: \`fault.name\` must be one of ${Object.keys(ERROR_STATUS).join(', ')}`);
  }
  return { ...rule, fault };
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body || '{}');
  } catch {
    throw invalid('the body is not JSON');
  }
}

function invalid(message: string): DataApiError {
  return new DataApiError('ValidationException', message);
}
