import { createHash } from 'node:crypto';
import { Fn, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { MAX_ROLE_NAME_BYTES } from '../../contract/database-role-name.ts';

/** Characters of the hash that keeps apart what was cut off or written differently. */
const HASH_LENGTH = 8;

/** With a region or the name of an alarm behind it, what CloudWatch takes is 255. */
const MAX_DEPLOYMENT_LENGTH = 200;

/**
 * Names one deployed processor as nothing else in its account and region is named: by its stack, and by its path
 * below the stack unless it is the stack's only content. Metrics, database roles, dashboard and the consumer of the
 * stream are told apart by it.
 *
 * @returns such as `flights-prod`, or `shop_Orders` for a construct `Orders` in the stack `shop`; at most 200 letters,
 * digits, `-` and `_`
 */
export function deploymentName(processor: Construct): string {
  const stack = outermost(Stack.of(processor));
  const below = processor.node.scopes.slice(stack.node.scopes.length).map(({ node }) => node.id);
  const ids = below.filter((id) => id !== 'Default');
  const name = [stack.stackName, ...ids].join('_');
  // Neither a stack's name nor a plain id has a `_`: with one, two paths could read the same.
  const isPlain = ids.every((id) => /^[A-Za-z0-9-]+$/.test(id));
  return boundedName(isPlain ? name : `${name.replaceAll(/\W/g, '-')}_${hashOf(name)}`, MAX_DEPLOYMENT_LENGTH);
}

/** Cuts a name to a length without giving two names the same one. */
export function boundedName(name: string, maxLength: number): string {
  return name.length <= maxLength ? name : `${name.slice(0, maxLength - HASH_LENGTH - 1)}_${hashOf(name)}`;
}

/**
 * Names a database role. Roles belong to the cluster, not to a database in it, and so to all stages that share it.
 *
 * @param deployment what {@link deploymentName} returned
 * @param kind what the role is for
 * @returns lowercase letters, digits and `_`, at most 57, so that it needs no quotes in SQL
 */
export function databaseRoleName(deployment: string, kind: 'processor' | 'maintenance'): string {
  const plain = deployment.toLowerCase().replaceAll('-', '_');
  // Each character has one byte. Two names may differ only in what is replaced here.
  const isReversible = /^[a-z][a-z0-9-]*$/.test(deployment);
  const distinct = isReversible ? plain : `${plain}_${hashOf(deployment)}`;
  return `${boundedName(distinct, MAX_ROLE_NAME_BYTES - kind.length - 1)}_${kind}`;
}

/** {@link https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBCluster.html} */
const MAX_CLUSTER_LENGTH = 63;

/**
 * Names a cluster so that the name is known before the cluster is there, and no other has it: not even the one that an
 * earlier stack of the same name has left, as each stack gets an id of its own.
 *
 * @param deployment what {@link deploymentName} returned
 * @returns lowercase letters, digits and hyphens, at most 63, the end known only to CloudFormation
 */
export function clusterName(scope: Construct, deployment: string): string {
  // The id is an ARN that ends with a UUID; the first part of that has eight digits.
  const uuid = Fn.select(2, Fn.split('/', Stack.of(scope).stackId));
  const plain = deployment.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
  // Two names may differ only in what is replaced here.
  const distinct = plain === deployment ? plain : `${plain}-${hashOf(deployment)}`;
  // RDS takes no two hyphens in a row, which a name that is cut could get.
  const bounded = boundedName(distinct, MAX_CLUSTER_LENGTH - HASH_LENGTH - 1).replaceAll(/[-_]+/g, '-');
  return `${bounded}-${Fn.select(0, Fn.split('-', uuid))}`;
}

function hashOf(name: string): string {
  return createHash('sha256').update(name).digest('hex').slice(0, HASH_LENGTH);
}

function outermost(stack: Stack): Stack {
  return stack.nestedStackParent === undefined ? stack : outermost(stack.nestedStackParent);
}
