import {
  createFunctionRuntime,
  type FunctionRuntime,
  type FunctionRuntimeOptions,
} from '../../environments/function-runtime.ts';

/** A function whose environments can be ended in the middle of an invocation. */
export interface ChaosFunction extends Pick<FunctionRuntime, 'invoke' | 'deploy' | 'close'> {
  /** Ends an environment that has an invocation under way, if there is one. */
  readonly killBusyEnvironment: () => boolean;
}

/**
 * Creates a function and deploys its first bundle.
 *
 * @param options of its runtime
 */
export function createChaosFunction(options: FunctionRuntimeOptions): ChaosFunction {
  const runtime = createFunctionRuntime(options);
  return {
    deploy: (bundlePath) => {
      runtime.deploy(bundlePath);
    },
    invoke: (payload, context) => runtime.invoke(payload, context),
    killBusyEnvironment: () => {
      const busy = runtime.environments().find(({ isBusy }) => isBusy);
      if (busy !== undefined) void runtime.kill(busy.id);
      return busy !== undefined;
    },
    close: () => runtime.close(),
  };
}
