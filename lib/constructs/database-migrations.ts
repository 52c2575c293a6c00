import { CustomResource, Duration } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { migrateEnvironment } from '../../contract/environment.ts';
import type { StackCode } from '../function-code.ts';
import type { EventDatabase } from './event-database.ts';
import { allowDataApi, allowSecret } from './grants.ts';
import { ServiceFunction, type FunctionDefaults } from './service-function.ts';

/** What is migrated, and with which files. */
export interface DatabaseMigrationsProps extends FunctionDefaults {
  readonly code: Pick<StackCode, 'functionName' | 'migrate' | 'migrationsVersion'>;
  readonly database: EventDatabase;
}

const TIMEOUT = Duration.minutes(15);

/** Brings the database to what the deployment needs before the new processor runs: once, and again on a change. */
export class DatabaseMigrations extends Construct {
  readonly functions: ServiceFunction;

  constructor(scope: Construct, id: string, props: DatabaseMigrationsProps) {
    super(scope, id);
    const { database, code } = props;
    const { functionName } = code;
    const { ownerSecret, processorSecret, maintenanceSecret } = database;
    const { clusterArn } = database.cluster;
    this.functions = new ServiceFunction(this, 'Migrate', {
      ...props,
      code: code.migrate,
      description: `Applies migrations and creates database roles for ${functionName}`,
      memorySize: 512,
      timeout: TIMEOUT,
      environment: migrateEnvironment.encode({
        clusterArn,
        secretArn: ownerSecret.secretArn,
        database: database.databaseName,
        functionName,
        processorSecretArn: processorSecret.secretArn,
        maintenanceSecretArn: maintenanceSecret.secretArn,
      }),
      statements: [
        ...allowDataApi({ clusterArn, secret: ownerSecret, transactions: true }),
        ...allowSecret(processorSecret),
        ...allowSecret(maintenanceSecret),
      ],
    });
    const run = new CustomResource(this, 'Run', {
      resourceType: 'Custom::DatabaseMigrations',
      // The function answers CloudFormation itself: a framework in between would be another function to keep up to date.
      serviceToken: this.functions.function.functionArn,
      // Should the function die without an answer, the deployment fails now and not in an hour.
      serviceTimeout: TIMEOUT,
      properties: {
        version: code.migrationsVersion,
        database: database.databaseName,
        clusterArn,
        roles: [processorSecret.secretArn, maintenanceSecret.secretArn].join(' '),
      },
    });
    // The writer instance answers the Data API, and there is none before it is there.
    run.node.addDependency(database);
  }
}
