import { App, NestedStack, Stack } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { describe, expect, test } from 'vitest';
import {
  boundedName,
  clusterName,
  databaseRoleName,
  deploymentName,
} from '../../../../lib/constructs/deployment-name.ts';

function stackOf(name: string): Stack {
  return new Stack(new App(), 'Stack', { stackName: name });
}

describe('deploymentName', () => {
  test('is the name of the stack where the processor is all that the stack has', () => {
    expect(deploymentName(new Construct(stackOf('orders-prod'), 'Default'))).toBe('orders-prod');
  });

  test('is the path below the stack else, whatever the stack is called in its app', () => {
    const scope = new Construct(stackOf('shop'), 'Streams');
    expect(deploymentName(new Construct(scope, 'Orders'))).toBe('shop_Streams_Orders');
  });

  test('begins with the outermost stack, as the name of a nested one is known only when it is deployed', () => {
    const nested = new NestedStack(stackOf('shop'), 'Nested');
    expect(deploymentName(new Construct(nested, 'Orders'))).toBe('shop_Nested_Orders');
  });

  test('differs where ids differ only in what a name cannot hold', () => {
    const stack = stackOf('shop');
    const names = ['new orders', 'new-orders', 'new_orders', 'new.orders'].map((id) =>
      deploymentName(new Construct(stack, id)),
    );
    expect(new Set(names).size).toBe(4);
    for (const name of names) expect(name).toMatch(/^[\w-]+$/);
  });

  test('leaves room for a region or the name of an alarm, however deep the processor is', () => {
    const stack = stackOf('shop');
    const names = ['a', 'b'].map((end) => deploymentName(new Construct(stack, `${'x'.repeat(220)}${end}`)));
    expect(names.map(({ length }) => length)).toEqual([200, 200]);
    expect(names[0]).not.toBe(names[1]);
  });

  test('differs between a path and an id that reads the same', () => {
    const stack = stackOf('shop');
    const below = new Construct(new Construct(stack, 'a'), 'b');
    expect(deploymentName(below)).not.toBe(deploymentName(new Construct(stack, 'a_b')));
  });
});

describe('boundedName', () => {
  test.each([
    [9, 'a'.repeat(9)],
    [10, 'a'.repeat(10)],
  ])('leaves a name of %i characters as it is', (_, name) => {
    expect(boundedName(name, 10)).toBe(name);
  });

  test('cuts a longer one, and keeps apart what only differs where it is cut', () => {
    const one = boundedName('a'.repeat(99), 20);
    const other = boundedName('a'.repeat(98), 20);
    expect([one.length, other.length]).toEqual([20, 20]);
    expect(one).not.toBe(other);
  });
});

describe('databaseRoleName', () => {
  test('is written without quotes in SQL', () => {
    expect(databaseRoleName('orders-prod', 'processor')).toBe('orders_prod_processor');
    expect(databaseRoleName('Shop_Orders', 'maintenance')).toMatch(/^shop_orders_[0-9a-f]{8}_maintenance$/);
  });

  test.each([
    ['-', '_'],
    ['a', 'A'],
    ['a-b', 'a_b'],
  ])('differs between names with %s and with %s in the same place', (one, other) => {
    expect(databaseRoleName(`shop${one}`, 'processor')).not.toBe(databaseRoleName(`shop${other}`, 'processor'));
  });

  test.each(['processor', 'maintenance'] as const)(
    'of %s leaves room in the 63 bytes that PostgreSQL keeps for the ending of a second user',
    (kind) => {
      const lengths = [10, 50, 51, 52, 53, 54, 128].map((length) => databaseRoleName('a'.repeat(length), kind).length);
      expect(Math.max(...lengths)).toBe(63 - '_clone'.length);
      // Both would be cut to the same bytes.
      expect(databaseRoleName('a'.repeat(127), kind)).not.toBe(databaseRoleName('a'.repeat(128), kind));
    },
  );
});

describe('clusterName', () => {
  /** The part that the deployment decides, as CloudFormation's own part is a reference. */
  const nameOf = (deployment: string): string => clusterName(stackOf('any'), deployment).replace(/\$\{Token.*$/, '');

  test('begins with the name of the deployment, and ends with a part of the id of the stack', () => {
    const stack = stackOf('orders-prod');
    expect(stack.resolve(clusterName(stack, 'orders-prod'))).toEqual({
      'Fn::Join': [
        '',
        [
          'orders-prod-',
          {
            'Fn::Select': [
              0,
              { 'Fn::Split': ['-', { 'Fn::Select': [2, { 'Fn::Split': ['/', { Ref: 'AWS::StackId' }] }] }] },
            ],
          },
        ],
      ],
    });
  });

  test('is one that RDS takes, whatever the deployment is called', () => {
    for (const deployment of ['shop_Orders', 'Shop', 'a--b', 'x'.repeat(128), `${'x'.repeat(53)}-${'y'.repeat(60)}`]) {
      const name = nameOf(deployment);
      expect(name).toMatch(/^[a-z](?:-?[a-z0-9])*-$/);
      expect(name.length).toBeLessThanOrEqual(63 - 8);
    }
  });

  test('differs where deployments differ only in what RDS does not tell apart', () => {
    const names = ['shop-orders', 'shop_orders', 'shop_Orders', 'Shop-Orders', 'shop--orders'].map(nameOf);
    expect(new Set(names).size).toBe(names.length);
  });
});
