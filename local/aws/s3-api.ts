import type { AwsAnswers, Call, ObjectAnswer, Reply } from './aws-answers.ts';
import { element } from './query-api.ts';

/**
 * S3, as far as it is asked here: `ListObjectsV2`, `GetObject` and `PutObject`, of buckets in the path.
 * {@link https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html}
 */
export function answerS3({ method, path, query, body, nowMs }: Call, { buckets }: AwsAnswers): Reply | undefined {
  const [bucketName = '', ...rest] = path;
  const bucket = buckets.get(bucketName);
  if (bucket === undefined) return failure(403, 'AccessDenied', 'Access Denied');
  const key = rest.join('/');
  if (key === '') return method === 'GET' ? list(bucket, query.get('prefix') ?? '') : undefined;
  if (method === 'PUT') {
    bucket.set(key, { body, modifiedAtMs: nowMs });
    return {};
  }
  const found = bucket.get(key);
  return found === undefined ? failure(404, 'NoSuchKey', 'The specified key does not exist.') : { body: found.body };
}

/** All keys at once, in the order of their bytes. */
function list(bucket: ReadonlyMap<string, ObjectAnswer>, prefix: string): Reply {
  const contents = [...bucket]
    .filter(([key]) => key.startsWith(prefix))
    .sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
    .map(([key, { body, modifiedAtMs }]) => {
      const described =
        element('Key', key) +
        element('LastModified', new Date(modifiedAtMs).toISOString()) +
        element('Size', String(Buffer.byteLength(body)));
      return `<Contents>${described}</Contents>`;
    });
  return xml(`<ListBucketResult><IsTruncated>false</IsTruncated>${contents.join('')}</ListBucketResult>`);
}

function failure(status: number, code: string, message: string): Reply {
  return { ...xml(`<Error>${element('Code', code)}${element('Message', message)}</Error>`), status };
}

function xml(body: string): Reply {
  return { headers: { 'content-type': 'application/xml' }, body };
}
