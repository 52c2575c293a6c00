import { ListShardsCommand, type KinesisClient } from '@aws-sdk/client-kinesis';

/**
 * Lists every shard that still holds records, closed ones too.
 *
 * @returns their ids
 */
export async function listShards(client: KinesisClient, streamArn: string): Promise<readonly string[]> {
  const shardIds: string[] = [];
  let token: string | undefined;
  do {
    const page = await client.send(
      new ListShardsCommand(
        token === undefined
          ? { StreamARN: streamArn, ShardFilter: { Type: 'FROM_TRIM_HORIZON' } }
          : { NextToken: token },
      ),
    );
    for (const { ShardId } of page.Shards ?? []) if (ShardId !== undefined) shardIds.push(ShardId);
    token = page.NextToken;
  } while (token !== undefined);
  return shardIds;
}
