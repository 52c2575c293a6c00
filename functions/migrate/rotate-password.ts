import { randomBytes } from 'node:crypto';
import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  ResourceNotFoundException,
  UpdateSecretVersionStageCommand,
  type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { createPatientExecute, type Patience } from '../../data-api/retry-transient.ts';
import { ensureLogin, grantedRole, otherUser, type Credentials } from './database-role.ts';
import { withMigrationLock, type LockOptions } from './with-migration-lock.ts';

/**
 * What Secrets Manager sends to the function that rotates a secret: four times for each rotation, in this order.
 * {@link https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_lambda-functions.html}
 */
export interface RotationRequest {
  readonly Step: 'createSecret' | 'setSecret' | 'testSecret' | 'finishSecret';
  /** ARN of the secret. */
  readonly SecretId: string;
  /** Id of the new version. */
  readonly ClientRequestToken: string;
}

/** The owner's connection, through which roles are changed, and the secrets of the roles. */
export interface RotateOptions extends LockOptions {
  readonly secrets: SecretsManagerClient;
  /** The only secrets that may be rotated here. */
  readonly secretArns: readonly string[];
}

/** The new password has to be usable at once, but the cluster may have to wake up for the call. */
const LOGIN_PATIENCE: Patience & { readonly timeoutMs: number } = { timeoutMs: 50_000, maxWaitMs: 120_000 };

/** 192 bits in 32 characters that no URL, shell or JSON text has to escape. */
const PASSWORD_BYTES = 24;

/**
 * Does one step of a rotation. Two users take turns, so that a password stays valid until the rotation after the next
 * one begins: calls under way, and whatever the Data API keeps of a secret, go on with the user before.
 *
 * @throws what keeps the step from being done; Secrets Manager then repeats the rotation, and the present version of the
 *   secret stays in use
 */
export async function rotatePassword(request: RotationRequest, options: RotateOptions): Promise<void> {
  const { SecretId, ClientRequestToken, Step } = request;
  if (!options.secretArns.includes(SecretId)) throw new Error(`this function does not rotate the secret ${SecretId}`);
  const { VersionIdsToStages: stages = {} } = await options.secrets.send(new DescribeSecretCommand({ SecretId }));
  // A step that comes again after the last one.
  if (stages[ClientRequestToken]?.includes('AWSCURRENT') === true && Step !== 'testSecret') return;
  switch (Step) {
    case 'createSecret':
      return createVersion(request, options);
    case 'setSecret':
      return setPassword(request, options);
    case 'testSecret':
      return testRole(request, options);
    case 'finishSecret': {
      const current = Object.keys(stages).find((id) => stages[id]?.includes('AWSCURRENT'));
      return finish(request, options, current);
    }
  }
}

async function createVersion(
  { SecretId, ClientRequestToken }: RotationRequest,
  { secrets }: RotateOptions,
): Promise<void> {
  if ((await readVersion(secrets, SecretId, ClientRequestToken)) !== undefined) return;
  const current = await readCredentials(secrets, SecretId);
  const password = randomBytes(PASSWORD_BYTES).toString('base64url');
  const next = { ...current, username: otherUser(current.username), password };
  await secrets.send(
    new PutSecretValueCommand({
      SecretId,
      ClientRequestToken,
      SecretString: JSON.stringify(next),
      VersionStages: ['AWSPENDING'],
    }),
  );
}

async function setPassword(request: RotationRequest, options: RotateOptions): Promise<void> {
  const pending = await readVersion(options.secrets, request.SecretId, request.ClientRequestToken);
  if (pending === undefined) throw new Error('the new version of the secret holds no value; rotate the secret again');
  await withMigrationLock(options, async (execute) => {
    await ensureLogin(execute, pending);
    return { commit: true, result: undefined };
  });
}

/**
 * The Data API logs in with the current version of a secret and no other, so what can be tested of the next one is its
 * user. The login itself is tested once the version is current. Secrets Manager runs this step also when a rotation is
 * set up, with a version that may hold nothing: then the present user is looked at.
 */
async function testRole({ SecretId, ClientRequestToken }: RotationRequest, options: RotateOptions): Promise<void> {
  const { secrets } = options;
  const { username } =
    (await readVersion(secrets, SecretId, ClientRequestToken)) ?? (await readCredentials(secrets, SecretId));
  const isReady = await withMigrationLock(options, async (execute) => {
    const { rows } = await execute(
      `SELECT rolcanlogin AND pg_has_role(oid, CAST(:role AS name), 'USAGE')
       FROM pg_roles WHERE rolname = CAST(:username AS name)`,
      { username, role: grantedRole(username) },
    );
    return { commit: false, result: rows[0]?.[0]?.booleanValue === true };
  });
  if (!isReady)
    throw new Error(`the database role ${username} cannot log in; deploy the migrations, then rotate again`);
}

async function finish(
  { SecretId, ClientRequestToken }: RotationRequest,
  options: RotateOptions,
  current: string | undefined,
): Promise<void> {
  const { secrets } = options;
  const move = (to: string, from: string | undefined): Promise<unknown> =>
    secrets.send(
      new UpdateSecretVersionStageCommand({
        SecretId,
        VersionStage: 'AWSCURRENT',
        MoveToVersionId: to,
        RemoveFromVersionId: from,
      }),
    );
  await move(ClientRequestToken, current);
  const execute = createPatientExecute({ ...options, secretArn: SecretId }, LOGIN_PATIENCE);
  try {
    await execute('SELECT 1');
  } catch (cause) {
    if (current !== undefined) await move(current, ClientRequestToken);
    throw new Error('the role cannot log in with the new password, so the previous one is current again', { cause });
  }
}

/**
 * Reads the version of a role's secret that is in use.
 *
 * @throws an error that says what to do when the secret does not hold credentials
 */
export async function readCredentials(secrets: SecretsManagerClient, secretArn: string): Promise<Credentials> {
  const { SecretString } = await secrets.send(new GetSecretValueCommand({ SecretId: secretArn }));
  return parseCredentials(SecretString, secretArn);
}

/** The version of a rotation, unless it has no value yet. */
async function readVersion(
  secrets: SecretsManagerClient,
  secretArn: string,
  versionId: string,
): Promise<Credentials | undefined> {
  try {
    const { SecretString } = await secrets.send(
      new GetSecretValueCommand({ SecretId: secretArn, VersionId: versionId, VersionStage: 'AWSPENDING' }),
    );
    return parseCredentials(SecretString, secretArn);
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return undefined;
    throw error;
  }
}

function parseCredentials(text: string | undefined, secretArn: string): Credentials {
  const { username, password } = JSON.parse(text ?? '{}') as Partial<Credentials>;
  if (typeof username === 'string' && typeof password === 'string') return { username, password };
  throw new Error(`the secret ${secretArn} must hold username and password as JSON; restore it`);
}
