import { randomUUID } from 'node:crypto';
import { ServiceError } from '../../support/fake-data-api-client.ts';

/** What a secret of a database role holds. */
export interface RoleSecret {
  readonly username: string;
  readonly password: string;
}

interface Version {
  /** Missing from the version that Secrets Manager prepares for a rotation. */
  text: string | undefined;
  readonly stages: Set<string>;
}

interface Input {
  readonly SecretId: string;
  readonly VersionId?: string;
  readonly VersionStage?: string;
  readonly ClientRequestToken?: string;
  readonly SecretString?: string;
  readonly MoveToVersionId?: string;
  readonly RemoveFromVersionId?: string;
}

/**
 * The calls of Secrets Manager that a rotation makes, with versions and their labels.
 * {@link https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_lambda-functions.html}
 */
export class FakeSecretsManager {
  readonly #secrets = new Map<string, Map<string, Version>>();

  create(arn: string, value: RoleSecret): void {
    const version = { text: JSON.stringify(value), stages: new Set(['AWSCURRENT']) };
    this.#secrets.set(arn, new Map([[randomUUID(), version]]));
  }

  /** The version in use, which is the only one that the Data API logs in with. */
  current(arn: string): RoleSecret {
    return JSON.parse(this.#find({ SecretId: arn }).text ?? '') as RoleSecret;
  }

  /** What `RotateSecret` does before it calls the function: prepares a version without a value. */
  beginRotation(arn: string): string {
    const token = randomUUID();
    this.#versions(arn).set(token, { text: undefined, stages: new Set(['AWSPENDING']) });
    return token;
  }

  /** Answers one call. */
  answer(operation: string, input: Input): object {
    switch (operation) {
      case 'GetSecretValue':
        return { ARN: input.SecretId, SecretString: this.#find(input).text };
      case 'DescribeSecret': {
        const stages = [...this.#versions(input.SecretId)].map(([id, version]) => [id, [...version.stages]] as const);
        return { RotationEnabled: true, VersionIdsToStages: Object.fromEntries(stages) };
      }
      case 'PutSecretValue': {
        const version = this.#version(input.SecretId, input.ClientRequestToken);
        // A version has one value for good.
        version.text ??= input.SecretString;
        if (version.text !== input.SecretString) throw new ServiceError('ResourceExistsException', 'another value');
        return {};
      }
      case 'UpdateSecretVersionStage':
        this.#version(input.SecretId, input.RemoveFromVersionId).stages.delete('AWSCURRENT');
        this.#version(input.SecretId, input.MoveToVersionId).stages.add('AWSCURRENT');
        return {};
      default:
        throw new ServiceError('InvalidRequestException', operation);
    }
  }

  #find({ SecretId, VersionId, VersionStage = 'AWSCURRENT' }: Input): Version {
    const found = [...this.#versions(SecretId)].find(
      ([id, { text, stages }]) =>
        text !== undefined && stages.has(VersionStage) && (VersionId === undefined || VersionId === id),
    );
    if (found === undefined) throw new ServiceError('ResourceNotFoundException', 'no such version');
    return found[1];
  }

  #version(arn: string, id = ''): Version {
    const version = this.#versions(arn).get(id);
    if (version === undefined) throw new ServiceError('ResourceNotFoundException', 'no such version');
    return version;
  }

  #versions(arn: string): Map<string, Version> {
    const versions = this.#secrets.get(arn);
    if (versions === undefined) throw new ServiceError('ResourceNotFoundException', 'no such secret');
    return versions;
  }
}
