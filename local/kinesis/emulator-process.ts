/**
 * Entry of the child process that runs `kinesis-local`. The emulator listens on every interface and on ports it is
 * told in advance; here each server it opens is moved to 127.0.0.1 and to a free port, which is then reported to
 * the parent. No port is chosen before it is bound, so nothing else can take it in between.
 *
 * @module
 */
import { createRequire, registerHooks } from 'node:module';
import { Server, type AddressInfo } from 'node:net';
import { speedUpEmulator } from './emulator-speedup.ts';
import type { EmulatorListening } from './start-kinesis.ts';

/** The channel to the parent closes when the parent ends, however it ends: a killed parent leaves no emulator. */
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));

const listen = Reflect.get(Server.prototype, 'listen') as (this: Server, ...args: unknown[]) => Server;

function listenOnLoopback(this: Server, requestedPort: unknown, ...rest: unknown[]): Server {
  this.once('listening', () => {
    const message: EmulatorListening = {
      requestedPort: Number(requestedPort),
      port: (this.address() as AddressInfo).port,
    };
    process.send?.(message);
  });
  const onListening = rest.filter((argument) => typeof argument === 'function');
  return listen.call(this, 0, '127.0.0.1', ...onListening);
}

Server.prototype.listen = listenOnLoopback as typeof Server.prototype.listen;

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context);
    const { source } = loaded;
    if (!url.endsWith('/kinesis-local/main.js') || !source) return loaded;
    const text = typeof source === 'string' ? source : new TextDecoder().decode(source);
    return { ...loaded, source: speedUpEmulator(text).source };
  },
});

const require = createRequire(import.meta.url);
require('kinesis-local');
