import { afterEach, expect, it, vi } from 'vitest';

afterEach(() => {
  vi.unstubAllEnvs();
  vi.resetModules();
});

it('starts with the environment that the stack sets', async () => {
  for (const name of ['CLUSTER_ARN', 'SECRET_ARN', 'DATABASE']) vi.stubEnv(name, 'set');
  vi.stubEnv('AWS_REGION', 'us-east-1');
  const { handler } = await import('../../../../functions/flights/handler.ts');
  expect(handler).toBeTypeOf('function');
});

it('does not start without it, and says what is missing', async () => {
  for (const name of ['CLUSTER_ARN', 'SECRET_ARN', 'DATABASE']) vi.stubEnv(name, '');
  await expect(import('../../../../functions/flights/handler.ts')).rejects.toThrow(
    '- `CLUSTER_ARN` must be set, got nothing; the stack sets it\n- `SECRET_ARN` must be set',
  );
});
