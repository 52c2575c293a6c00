import { Stack } from 'aws-cdk-lib';
import { PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { EventSourceMapping, IFunction } from 'aws-cdk-lib/aws-lambda';
import type { IDatabaseCluster } from 'aws-cdk-lib/aws-rds';
import { Construct } from 'constructs';
import { BOOST_PARTS, boostScheduleName } from '../../contract/stack-outputs.ts';

/** What a boost may turn. */
export interface BoostRoleProps {
  readonly mapping: EventSourceMapping;
  readonly function: IFunction;
  /** Only a function that has a reservation is given a larger one: what the account has left is not the stack's to take. */
  readonly isConcurrencyReserved: boolean;
  /** The cluster, if it is the stack's own. */
  readonly ownCluster: IDatabaseCluster | undefined;
}

/** Ends a boost: the scheduler sets everything back with this role, also when the terminal that began it is gone. */
export class BoostRole extends Construct {
  readonly role: Role;
  readonly #turning: readonly PolicyStatement[];
  readonly #reading: readonly PolicyStatement[];
  readonly #scheduleArns: readonly string[];

  constructor(scope: Construct, id: string, props: BoostRoleProps) {
    super(scope, id);
    const {
      mapping,
      function: { functionArn },
      isConcurrencyReserved,
      ownCluster,
    } = props;
    this.#scheduleArns = BOOST_PARTS.map((part) =>
      Stack.of(this).formatArn({
        service: 'scheduler',
        resource: 'schedule',
        resourceName: `default/${boostScheduleName(mapping.eventSourceMappingId, part)}`,
      }),
    );
    this.#turning = [
      allow(['lambda:UpdateEventSourceMapping'], mapping.eventSourceMappingArn),
      ...(isConcurrencyReserved ? [allow(['lambda:PutFunctionConcurrency'], functionArn)] : []),
      ...(ownCluster === undefined ? [] : [allow(['rds:ModifyDBCluster'], ownCluster.clusterArn)]),
    ];
    this.#reading = [
      allow(['lambda:GetFunctionConcurrency'], functionArn),
      ...(ownCluster === undefined ? [] : [allow(['rds:DescribeDBClusters'], ownCluster.clusterArn)]),
    ];
    this.role = new Role(this, 'Role', {
      description: 'Restores the settings at the end of a boost',
      // {@link https://docs.aws.amazon.com/scheduler/latest/UserGuide/cross-service-confused-deputy-prevention.html}
      assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
      inlinePolicies: { SetBack: new PolicyDocument({ statements: [...this.#turning] }) },
    });
  }

  /** What somebody needs who begins and ends boosts: to turn the same things, and to schedule their end. */
  operatorStatements(): readonly PolicyStatement[] {
    return [
      ...this.#turning,
      ...this.#reading,
      new PolicyStatement({
        actions: ['scheduler:CreateSchedule', 'scheduler:DeleteSchedule', 'scheduler:GetSchedule'],
        resources: [...this.#scheduleArns],
      }),
      new PolicyStatement({
        actions: ['iam:PassRole'],
        resources: [this.role.roleArn],
        conditions: { StringEquals: { 'iam:PassedToService': 'scheduler.amazonaws.com' } },
      }),
    ];
  }
}

function allow(actions: string[], resource: string): PolicyStatement {
  return new PolicyStatement({ actions, resources: [resource] });
}
