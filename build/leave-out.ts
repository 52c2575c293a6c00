import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Plugin } from 'esbuild';

const STUB = 'left-out';

/** Leaves out of a bundle what the AWS SDK's clients bring along and nothing on Lambda ever runs: a twelfth of it. */
export const leaveOut: Plugin = {
  name: 'leave-out',
  setup: (build) => {
    // Loaded by an operation that streams events, where a client has one; then it also imports this statically.
    build.onResolve({ filter: /^@smithy\/core\/event-streams$/ }, ({ path, kind }) =>
      kind === 'dynamic-import' ? { path, external: true } : undefined,
    );
    // SHA-256 in JavaScript, for a Node.js that was built without cryptography.
    build.onResolve({ filter: /^\.\/Sha256Js$/ }, ({ importer }) =>
      importer.endsWith('Sha256Node.js') ? { path: 'Sha256Js', namespace: STUB } : undefined,
    );
    build.onLoad({ filter: /./, namespace: STUB }, ({ path }) => ({ contents: `export const ${path} = undefined;` }));
    // The region of a machine that has not been told: Lambda sets `AWS_REGION`.
    build.onLoad({ filter: /[\\/]getInstanceMetadataRegion\.js$/ }, () => ({
      contents: 'export const getInstanceMetadataRegion = () => Promise.resolve(undefined);',
    }));
    // What signs the messages of streamed events.
    build.onLoad({ filter: /[\\/]signature-v4[\\/]dist-es[\\/]HeaderFormatter\.js$/ }, () => ({
      contents: 'export class HeaderFormatter {}',
    }));
    // Answers as a browser streams them: Node.js has streams of its own, and the SDK refuses any other without this.
    build.onLoad({ filter: /[\\/]sdk-stream-mixin\.browser\.js$/ }, () => ({
      contents: 'export const sdkStreamMixin = undefined;',
    }));
    // Retries that slow all calls down: the functions ask for none, or for a few as usual.
    build.onLoad({ filter: /[\\/]util-retry[\\/]AdaptiveRetryStrategy\.js$/ }, ({ path }) => ({
      contents: `export { StandardRetryStrategy as AdaptiveRetryStrategy } from './StandardRetryStrategy.js';`,
      resolveDir: dirname(path),
    }));
    // What regions are called by people.
    build.onLoad({ filter: /[\\/]util-endpoints[\\/]lib[\\/]aws[\\/]partitions\.js$/ }, async ({ path }) => ({
      contents: (await readFile(path, 'utf8')).replaceAll(/"description": "[^"]*"/g, ''),
    }));
    // A client tells its version to the service, and reads its whole package.json for that.
    build.onLoad({ filter: /[\\/]@aws-sdk[\\/]client-[\w-]+[\\/]package\.json$/ }, async ({ path }) => {
      const { version } = JSON.parse(await readFile(path, 'utf8')) as { readonly version: string };
      return { contents: JSON.stringify({ version }), loader: 'json' };
    });
  },
};
