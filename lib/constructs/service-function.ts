import { Validations, type Duration, type RemovalPolicy } from 'aws-cdk-lib';
import { PolicyDocument, type PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import {
  Architecture,
  Code,
  Function as LambdaFunction,
  LoggingFormat,
  Runtime,
  Tracing,
} from 'aws-cdk-lib/aws-lambda';
import { FieldIndexPolicy, LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { FunctionCode } from '../function-code.ts';
import { allowLogging } from './grants.ts';

/** What all functions of a processor have in common. */
export interface FunctionDefaults {
  readonly encryptionKey: IKey;
  readonly logRetention: RetentionDays;
  readonly removalPolicy: RemovalPolicy;
}

/** One function. */
export interface ServiceFunctionProps extends FunctionDefaults {
  readonly code: FunctionCode;
  readonly description: string;
  readonly memorySize: number;
  readonly timeout: Duration;
  readonly environment: Readonly<Record<string, string>>;
  /** All that the function may do beside writing its own log. */
  readonly statements: readonly PolicyStatement[];
  /** Fields of its log lines that are searched by. */
  readonly indexedFields?: readonly string[];
  readonly reservedConcurrency?: number | undefined;
  readonly tracing?: boolean;
}

/** A Lambda function with a log group of its own and a role that lists what it may do, statement by statement. */
export class ServiceFunction extends Construct {
  readonly function: LambdaFunction;
  readonly logGroup: LogGroup;
  readonly role: Role;

  constructor(scope: Construct, id: string, props: ServiceFunctionProps) {
    super(scope, id);
    this.logGroup = new LogGroup(this, 'Logs', {
      retention: props.logRetention,
      encryptionKey: props.encryptionKey,
      removalPolicy: props.removalPolicy,
      ...(props.indexedFields !== undefined && {
        fieldIndexPolicies: [new FieldIndexPolicy({ fields: [...props.indexedFields] })],
      }),
    });
    this.role = this.createRole(props.statements);
    this.function = new LambdaFunction(this, 'Function', {
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      handler: 'index.handler',
      code: Code.fromAsset(props.code.folder),
      description: props.description,
      memorySize: props.memorySize,
      timeout: props.timeout,
      role: this.role,
      logGroup: this.logGroup,
      // An earlier version can be gone back to by hand only while it is there. One whose deployment is rolled back goes.
      currentVersionOptions: { removalPolicy: props.removalPolicy },
      loggingFormat: LoggingFormat.JSON,
      environment: { NODE_OPTIONS: '--enable-source-maps', ...props.environment },
      tracing: props.tracing === true ? Tracing.ACTIVE : Tracing.DISABLED,
      ...(props.reservedConcurrency !== undefined && { reservedConcurrentExecutions: props.reservedConcurrency }),
    });
    this.acknowledgeFindings(props.tracing === true);
  }

  private createRole(statements: readonly PolicyStatement[]): Role {
    return new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      inlinePolicies: { own: new PolicyDocument({ statements: [allowLogging(this.logGroup), ...statements] }) },
    });
  }

  private acknowledgeFindings(tracing: boolean): void {
    Validations.of(this.function).acknowledge({
      id: 'Serverless-LambdaDLQ',
      reason:
        'a dead-letter queue of a function is for asynchronous invocations; here the mapping has a destination, ' +
        'a schedule comes again, and CloudFormation sees the failure',
    });
    if (!tracing) {
      Validations.of(this.function).acknowledge({
        id: 'Serverless-LambdaTracing',
        reason: 'every batch has one log line with the time of each stage; tracing is a setting',
      });
      return;
    }
    Validations.of(this.role).acknowledge({
      id: 'AwsSolutions-IAM5[Resource::*]',
      reason: 'X-Ray takes no resource in its permissions',
    });
  }
}
