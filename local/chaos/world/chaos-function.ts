import {
  createFunctionRuntime,
  type FunctionRuntime,
  type FunctionRuntimeOptions,
} from '../../environments/function-runtime.ts';
import type { FunctionInvoker } from '../../mapping/ports.ts';

/** A function whose code can be replaced while it is invoked. */
export interface ChaosFunction extends FunctionInvoker {
  /** Sends all invocations from now on to this bundle; those under way end where they began. */
  readonly deploy: (bundlePath: string) => void;
  /** Ends an environment that has an invocation under way, if there is one. */
  readonly killBusyEnvironment: () => boolean;
  readonly close: () => Promise<void>;
}

interface Deployment {
  readonly runtime: FunctionRuntime;
  underWay: number;
}

/**
 * Creates a function and deploys its first bundle.
 *
 * @param options of its runtime
 */
export function createChaosFunction(options: FunctionRuntimeOptions): ChaosFunction {
  let live: Deployment = { runtime: createFunctionRuntime(options), underWay: 0 };
  const deployments = new Set([live]);
  const retire = async (deployment: Deployment): Promise<void> => {
    if (deployment === live || deployment.underWay > 0) return;
    deployments.delete(deployment);
    await deployment.runtime.close();
  };
  return {
    deploy: (bundlePath) => {
      const before = live;
      live = { runtime: createFunctionRuntime({ ...options, bundlePath }), underWay: 0 };
      deployments.add(live);
      void retire(before);
    },
    invoke: async (payload, context) => {
      const deployment = live;
      deployment.underWay += 1;
      try {
        return await deployment.runtime.invoke(payload, context);
      } finally {
        deployment.underWay -= 1;
        await retire(deployment);
      }
    },
    killBusyEnvironment: () => {
      for (const { runtime } of deployments) {
        const busy = runtime.environments().find(({ isBusy }) => isBusy);
        if (busy === undefined) continue;
        void runtime.kill(busy.id);
        return true;
      }
      return false;
    },
    close: async () => {
      await Promise.all([...deployments].map(({ runtime }) => runtime.close()));
    },
  };
}
