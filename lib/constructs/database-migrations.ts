import { Aws, CustomResource, Duration, Validations } from 'aws-cdk-lib';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnRotationSchedule } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { COMPATIBILITY_HEADING } from '../../build/check-migrations.ts';
import { migrateEnvironment } from '../../contract/maintenance-environment.ts';
import type { StackCode } from '../function-code.ts';
import type { EventDatabase } from './event-database.ts';
import { allowDataApi, allowRotation } from './grants.ts';
import { ServiceFunction, type FunctionDefaults } from './service-function.ts';

/** What is migrated, and with which files. */
export interface DatabaseMigrationsProps extends FunctionDefaults {
  readonly code: Pick<StackCode, 'functionName' | 'migrate' | 'migrationsVersion' | 'migrationWarnings'>;
  readonly database: EventDatabase;
  /** What no other deployment of the function may be called that writes to the database. */
  readonly deployment: string;
}

const TIMEOUT = Duration.minutes(15);

/** A password stays valid until the rotation after the next one: at most twice this long. */
const ROTATION_DAYS = 30;

/**
 * Brings the database to what the deployment needs before the new processor runs: once, and again on a change. Rotates
 * the passwords of its roles.
 */
export class DatabaseMigrations extends Construct {
  readonly functions: ServiceFunction;

  constructor(scope: Construct, id: string, props: DatabaseMigrationsProps) {
    super(scope, id);
    const { database, code } = props;
    const { processorSecret, maintenanceSecret } = database;
    this.functions = this.createFunction(props);
    const run = new CustomResource(this, 'Run', {
      resourceType: 'Custom::DatabaseMigrations',
      // The function answers CloudFormation itself: a framework in between would be another function to keep up to date.
      serviceToken: this.functions.function.functionArn,
      // Should the function die without an answer, the deployment fails now and not in an hour.
      serviceTimeout: TIMEOUT,
      properties: {
        version: code.migrationsVersion,
        database: database.databaseName,
        clusterArn: database.cluster.clusterArn,
        roles: [processorSecret.secretArn, maintenanceSecret.secretArn].join(' '),
      },
    });
    // The writer instance answers the Data API, and there is none before it is there.
    run.node.addDependency(database);
    this.rotatePasswords(database, run);
    if (code.migrationWarnings.length > 0) {
      const text = [COMPATIBILITY_HEADING, ...code.migrationWarnings].join('\n- ');
      Validations.of(this).addWarning('kinesis-to-aurora:notBackwardCompatible', text);
    }
  }

  private createFunction({ database, code, deployment, ...defaults }: DatabaseMigrationsProps): ServiceFunction {
    const { ownerSecret, processorSecret, maintenanceSecret } = database;
    const { clusterArn } = database.cluster;
    return new ServiceFunction(this, 'Migrate', {
      ...defaults,
      code: code.migrate,
      description: `Applies migrations and manages the database roles of ${code.functionName}`,
      memorySize: 512,
      timeout: TIMEOUT,
      environment: migrateEnvironment.encode({
        clusterArn,
        secretArn: ownerSecret.secretArn,
        database: database.databaseName,
        functionName: code.functionName,
        deployment,
        processorSecretArn: processorSecret.secretArn,
        maintenanceSecretArn: maintenanceSecret.secretArn,
      }),
      statements: [
        ...allowDataApi({ clusterArn, secret: ownerSecret, transactions: true }),
        ...allowRotation(processorSecret),
        ...allowRotation(maintenanceSecret),
      ],
    });
  }

  /** By the one function that may read the secret of the owner, who alone can change the roles. */
  private rotatePasswords({ processorSecret, maintenanceSecret }: EventDatabase, run: CustomResource): void {
    const rotation = this.functions.function;
    rotation.addPermission('Rotation', {
      principal: new ServicePrincipal('secretsmanager.amazonaws.com'),
      sourceAccount: Aws.ACCOUNT_ID,
    });
    for (const [id, { secretArn }] of Object.entries({ processorSecret, maintenanceSecret })) {
      const schedule = new CfnRotationSchedule(this, `${id}Rotation`, {
        secretId: secretArn,
        rotationLambdaArn: rotation.functionArn,
        rotationRules: { automaticallyAfterDays: ROTATION_DAYS },
        // There is nothing to replace yet.
        rotateImmediatelyOnUpdate: false,
      });
      // It is tested at once, and needs the role and the permission for that.
      schedule.node.addDependency(run, rotation);
    }
  }
}
