import { Stack } from 'aws-cdk-lib';
import { PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { EventSourceMapping } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { boostScheduleName } from '../../contract/stack-outputs.ts';

/** Ends a boost: the scheduler sets the mapping back with this role, also when the terminal that began it is gone. */
export class BoostRole extends Construct {
  readonly role: Role;
  readonly #scheduleArn: string;

  constructor(scope: Construct, id: string, mapping: EventSourceMapping) {
    super(scope, id);
    this.#scheduleArn = Stack.of(this).formatArn({
      service: 'scheduler',
      resource: 'schedule',
      resourceName: `default/${boostScheduleName(mapping.eventSourceMappingId)}`,
    });
    this.role = new Role(this, 'Role', {
      description: 'Restores the event source mapping at the end of a boost',
      // {@link https://docs.aws.amazon.com/scheduler/latest/UserGuide/cross-service-confused-deputy-prevention.html}
      assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
      inlinePolicies: {
        SetBack: new PolicyDocument({
          statements: [
            new PolicyStatement({
              actions: ['lambda:UpdateEventSourceMapping'],
              resources: [mapping.eventSourceMappingArn],
            }),
          ],
        }),
      },
    });
  }

  /** What somebody needs who begins and ends boosts, beside changing the mapping. */
  operatorStatements(): readonly PolicyStatement[] {
    return [
      new PolicyStatement({
        actions: ['scheduler:CreateSchedule', 'scheduler:DeleteSchedule', 'scheduler:GetSchedule'],
        resources: [this.#scheduleArn],
      }),
      new PolicyStatement({
        actions: ['iam:PassRole'],
        resources: [this.role.roleArn],
        conditions: { StringEquals: { 'iam:PassedToService': 'scheduler.amazonaws.com' } },
      }),
    ];
  }
}
